"""Legal holds: what is kept in spite of its date, who is responsible, and when somebody looks again."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from shared.contracts.actors import ROLES, Staff
from shared.contracts.fields import Line
from shared.contracts.message import PARTICIPANTS, Created, Done, Event, Message, Request

HoldGround = Literal["claim against the person", "claim of the person", "proceedings", "tax hold"]
"""Why: establishment, exercise or defense of claims (GDPR Art. 17(3)(e)); suspended limitation of a tax (Ordynacja
art. 70 §§ 2-7, GDPR Art. 17(3)(b))."""
HeldCategory = Literal[
    "*",
    "D1",
    "D2",
    "D3",
    "D4",
    "D5",
    "D6",
    "D7",
    "D8",
    "D9",
    "D10",
    "D11",
    "D12",
    "D13",
    "D14",
    "D15",
    "D16",
    "D17",
]
"""A category of the register: all rows of the tables of this category; `*` is the whole person."""
Responsible = Annotated[
    str, StringConstraints(pattern=rf"^({'|'.join(ROLES)}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})$")
]
HoldReason = Annotated[Line, StringConstraints(min_length=10, max_length=500)]
Scope = Annotated[tuple[HeldCategory, ...], Field(min_length=1, max_length=18)]


class KnownHold(Message):
    """A hold on one id, as services replicate it. The higher version wins; without `review_on` it is released."""

    hold_id: UUID
    subject_id: UUID
    scope: tuple[str, ...]
    provision: str
    exemption: str
    review_on: date | None
    version: int


class HoldChanged(Event, type="privacy.hold-changed.v1", late="statutory"):
    """A hold was placed, reviewed or released: the fields of KnownHold. It counts for the erased, too: for what is
    retained."""

    hold_id: UUID
    subject_id: UUID
    scope: tuple[str, ...]
    provision: str
    exemption: str
    review_on: date | None
    version: int


class HoldPage(Message):
    """Holds in order, and where to go on."""

    holds: tuple[KnownHold, ...]
    next: str = ""


class Holds(Request[HoldPage], type="privacy.holds", askers=(PARTICIPANTS,)):
    """All holds, also on people who were erased, for a service that joins or was restored."""

    after: str = Field(default="", max_length=200)
    limit: int = Field(default=1000, ge=1, le=5000)


class PlaceHold(Request[Created], type="privacy.place-hold", askers=("gateway",), actor=Staff("officer")):
    """Keep data of a person, by any of the ids, or of the person of a case, in spite of its date.

    404 for somebody unknown, 410 after an erasure (but for a tax hold, on what is retained), 409 when the erasure is
    under way and would have had to wait.
    """

    person_id: UUID | None = None
    case_id: UUID | None = None
    scope: Scope
    ground: HoldGround
    responsible: Responsible = Field(alias="owner")
    """A role, or one of the staff. A contract's own owner is a service."""
    review_on: date
    """When somebody looks whether it is needed still: a day to come, within two years."""
    reason: HoldReason

    model_config = ConfigDict(populate_by_name=True)


class ReviewHold(Request[Done], type="privacy.review-hold", askers=("gateway",), actor=Staff("officer")):
    """A hold is needed still, until somebody looks again. 404; 409 when it is released."""

    hold_id: UUID
    review_on: date
    reason: HoldReason


class ReleaseHold(Request[Done], type="privacy.release-hold", askers=("gateway",), actor=Staff("officer")):
    """A hold ends, and what was kept for it alone goes. 404; 409 when it is released."""

    hold_id: UUID
    reason: HoldReason


class LegalHold(Message):
    """A hold as staff see it."""

    hold_id: UUID
    person_id: UUID
    case_id: UUID | None
    scope: tuple[str, ...]
    ground: str
    owner: str
    placed_at: datetime
    placed_by: str
    """The officer's id, or the service that asked for it."""
    reason: str
    review_on: date | None
    review_is_due: bool
    released_at: datetime | None
    release_reason: str | None
    erasure_waits: bool
    """Whether an erasure of the person waits for it: what it covers could not outlive one."""
    version: int


class LegalHolds(Message):
    """Holds, those to be reviewed first on top."""

    holds: tuple[LegalHold, ...]


class ListHolds(Request[LegalHolds], type="privacy.list-holds", askers=("gateway",), actor=Staff("officer")):
    """Which holds there are: by state, by a review that is due, of one person."""

    state: Literal["open", "released"] | None = None
    review_due: bool = False
    person_id: UUID | None = None
    limit: int = Field(default=100, ge=1, le=1000)
