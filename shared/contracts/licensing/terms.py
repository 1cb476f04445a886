"""The terms of sale."""

from datetime import date

from pydantic import Field

from shared.contracts.message import Message, Request


class Terms(Message):
    """One version of the terms; `sha256` is that of the Polish text followed by the English one."""

    version: str
    valid_from: date
    sha256: str
    text_pl: str
    text_en: str


class ReadTerms(Request[Terms], type="licensing.read-terms", askers=("gateway",)):
    """The terms in force now, or those of a certain version."""

    version: str = Field(default="", max_length=40)
