"""Kinds of text that several contracts take."""

import unicodedata
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from shared.contracts.visible_text import phone_number, visible

NOBODY = UUID(int=0)
Acting = Annotated[UUID, SkipJsonSchema(), Field(exclude=True)]
"""The member who asks: the kit fills it in from identity's assertion, whatever stands in the body."""
Language = Literal["pl", "en"]
DeviceName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""What a program calls itself: its user can't correct it, so nothing more is asked of it."""
Line = Annotated[DeviceName, AfterValidator(visible)]
"""One line of text: no control character gets into a database, a mail or an invoice."""
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9 ()/.-]*$"), AfterValidator(phone_number)
]
IpAddress = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f:.]*$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]*$")]


def written_out(value: Any) -> Any:
    """Refuse a number in place of a day or moment: pydantic takes it for seconds since 1970."""
    if not isinstance(value, date) and not (isinstance(value, str) and "-" in value.strip()[1:]):
        raise ValueError("must be written as in 2026-01-31")
    return value


Day = Annotated[date, BeforeValidator(written_out)]
Moment = Annotated[AwareDatetime, BeforeValidator(written_out)]


def one_line(text: str) -> str:
    """Refuse what no header of a mail can hold: every line break of Unicode, and control characters (RFC 5322, 2.2)."""
    if any(unicodedata.category(symbol) in ("Cc", "Zl", "Zp") for symbol in text):
        raise ValueError("must be one line without control characters")
    return text
