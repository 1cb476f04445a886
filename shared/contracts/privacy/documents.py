"""The notice, the record of processing, and the register they are made from."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from shared.contracts.message import OPERATORS, Event, Message, Request


class NoticePublished(Event, type="privacy.notice-published.v1"):
    """A version of the notice is out; people are to be told of its new purposes before their first use (Art. 13(3))."""

    version: int
    effective_on: date
    new_purposes: tuple[str, ...]


class Notice(Message):
    """A published version of the notice, in the language and format that were asked for."""

    version: int
    effective_on: date
    published_at: datetime
    document: str


class ReadNotice(Request[Notice], type="privacy.read-notice", askers=("gateway", OPERATORS)):
    """The notice in force, or one of its versions."""

    language: Literal["pl", "en"] = "pl"
    format: Literal["html", "markdown", "json"] = "html"
    version: int | None = Field(default=None, ge=1, le=1_000_000)


class Record(Message):
    """A kept version of the record of processing, in the language and format that were asked for."""

    version: int
    document: str


class ReadRecord(Request[Record], type="privacy.read-record", askers=(OPERATORS,)):
    """The record of Art. 30 with its history: the newest, or one of its versions."""

    language: Literal["pl", "en"] = "pl"
    format: Literal["html", "csv", "json"] = "html"
    version: int | None = Field(default=None, ge=1, le=1_000_000)


class RegisterHoles(Message):
    """In what the register differs from the data maps and recipients that the services announced."""

    services: tuple[str, ...]
    holes: tuple[str, ...]


class CheckRegister(Request[RegisterHoles], type="privacy.check-register", askers=(OPERATORS,)):
    """Hold the register against everybody who takes part."""


class EvidenceHead(Message):
    """The signed head of the evidence log, and the public keys that its signatures are checked with."""

    checkpoint: str
    keys: tuple[str, ...]


class ReadEvidenceHead(Request[EvidenceHead], type="privacy.read-evidence-head", askers=("gateway", OPERATORS)):
    """What anybody may keep, to show later that nothing before it was changed."""
