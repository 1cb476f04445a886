"""What an officer puts right (GDPR Art. 16): decided in privacy, applied by the services that hold it."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.fields import Line
from shared.contracts.message import Event, Message, Request


def _line(longest: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=longest)


class Correction(Message):
    """What is right; what is left out stays. `invoices`: those that were issued were wrong, too."""

    full_name: Annotated[Line, _line(200)] | None = Field(default=None, repr=False)
    street: Annotated[Line, _line(200)] | None = Field(default=None, repr=False)
    postal_code: Annotated[Line, _line(20)] | None = Field(default=None, repr=False)
    city: Annotated[Line, _line(100)] | None = Field(default=None, repr=False)
    country: str | None = Field(default=None, repr=False, pattern=r"^[A-Z]{2}$")
    company: Annotated[Line, _line(200)] | None = Field(default=None, repr=False)
    nip: Annotated[Line, _line(20)] | None = Field(default=None, repr=False)
    invoices: bool = False


class CorrectionDecided(Event, type="privacy.correction-decided.v1"):
    """An officer has decided what is right about a person; the values are asked for."""

    case_id: UUID
    subject_id: UUID


class ReadCorrection(Request[Correction], type="privacy.read-correction", askers=("identity", "licensing")):
    """What is to be applied. 404 once the person was erased."""

    case_id: UUID
    subject_id: UUID


class CorrectionApplied(Event, type="*.correction-applied.v1", owner="privacy"):
    """A service holds what is right from now on."""

    service: str
    case_id: UUID
    subject_id: UUID
