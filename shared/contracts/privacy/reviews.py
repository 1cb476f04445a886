"""What an officer decides after weighing: objections (GDPR Art. 21(1)) and contested decisions (Art. 22(3))."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Line
from shared.contracts.message import Done, Event, Request


class DecideReview(Request[Done], type="privacy.decide-review", askers=("gateway",), actor=Staff("officer")):
    """A person decides, with reasons that the letter quotes. 404; 409 unless under review; 422 for another right's."""

    case_id: UUID
    decision: Literal["upheld", "overruled", "changed", "confirmed", "corrected", "declined"]
    reason: Annotated[Line, StringConstraints(min_length=20, max_length=2000)]


class ObjectionUpheld(Event, type="privacy.objection-upheld.v1"):
    """Nothing outweighs an objection: what served this purpose alone is purged (GDPR Art. 17(1)(c))."""

    subjects: tuple[UUID, ...] = Field(min_length=1, max_length=1000)
    purpose: str
