"""What an officer decides: objections (GDPR Art. 21(1)), contested decisions (Art. 22(3)), what is wrong (Art. 16)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Line
from shared.contracts.message import Done, Event, Request
from shared.contracts.privacy.corrections import Correction


class DecideReview(Request[Done], type="privacy.decide-review", askers=("gateway",), actor=Staff("officer")):
    """A person decides, with reasons that the letter quotes. 404; 409 unless under review; 422 for another right's."""

    case_id: UUID
    decision: Literal["upheld", "overruled", "changed", "confirmed", "corrected", "declined"]
    reason: Annotated[Line, StringConstraints(min_length=20, max_length=2000)]
    correction: Correction | None = None
    """What is right, where services know how to apply it: a name (`D1`), a firm (`D2`) or an address (`D3`)."""


class ObjectionUpheld(Event, type="privacy.objection-upheld.v1"):
    """Nothing outweighs an objection: what served this purpose alone is purged (GDPR Art. 17(1)(c))."""

    subjects: tuple[UUID, ...] = Field(min_length=1, max_length=1000)
    purpose: str
