"""Copies as their people fetch them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import FRESH_MINUTES, Member
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.message import Created, Message, Request

CopyFormat = Literal["html", "json", "csv"]


class CopyTicket(Message):
    """With it a copy is fetched in fragments, for some minutes."""

    ticket: str
    right: Literal["access", "portability"]
    language: Literal["pl", "en"]


class OpenCopy(
    Request[CopyTicket], type="privacy.open-copy", askers=("gateway",), actor=Member(fresh_minutes=FRESH_MINUTES)
):
    """A member comes for the copy of a case. 404 for a case of somebody else, 409 until it is ready, 410 afterwards."""

    subject_id: Acting = NOBODY
    case_id: UUID


class RequestCopyCode(Request[Created], type="privacy.request-copy-code", askers=("gateway",)):
    """The holder of the case token wants a code mailed to the address of the case. 404; 409 and 410 as for the copy."""

    token: str = Field(max_length=200)


class OpenCopyByCode(Request[CopyTicket], type="privacy.open-copy-by-code", askers=("gateway",)):
    """The holder of the case token shows the mailed code. 422 for a wrong one, and for any after five wrong ones."""

    token: str = Field(max_length=200)
    request_id: UUID
    code: str = Field(pattern=r"^\d{8}$")


class CopyFragment(Message):
    """A part of the document; `next` is the number of the following one, None after the last."""

    text: str
    next: int | None


class ReadCopyFragment(Request[CopyFragment], type="privacy.read-copy-fragment", askers=("gateway",)):
    """One part of a copy, in the order of their numbers from 0. 404 for a ticket that is none, 410 for one too old."""

    ticket: str = Field(max_length=200)
    format: CopyFormat
    language: Literal["pl", "en"]
    number: int = Field(ge=0, le=1_000_000)


class PortableRows(Message):
    """Rows of one table of one service, as they are stored."""

    service: str
    table: str
    category: str
    rows: tuple[dict[str, Any], ...]


class ConsentWording(Message):
    """The words that a consent names by its `text_version`."""

    text_version: str
    language: str
    purpose: str
    words: str


class PortableCopy(Message):
    """What a person gave and was observed to do, under consent or contract, for another controller (GDPR Art. 20)."""

    version: Literal[1]
    right: Literal["portability"]
    case_id: UUID
    made_at: datetime
    not_answered: tuple[str, ...]
    """Services that left before they had told everything."""
    consent_words: tuple[ConsentWording, ...]
    held: tuple[PortableRows, ...]
