"""Personal data breaches: all are recorded, a human judges the risk, the authority and people are told in time."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.actors import Staff
from shared.contracts.fields import Line, Moment
from shared.contracts.message import Created, Done, Message, Request
from shared.contracts.privacy.holds import HeldCategory

Nature = Literal["confidentiality", "integrity", "availability"]
"""What was lost: data were seen by who may not, changed, or could not be reached (GDPR Art. 4(12))."""
Risk = Literal["unlikely", "risk", "high"]
BreachState = Literal["to judge", "to report", "to complete", "reported", "recorded only"]
"""`recorded only`: a risk is unlikely, and the authority need not be told (Art. 33(1))."""
PeopleTold = Literal["letters", "public notice", "not needed: sealed data", "not needed: measures taken"]
"""How people were told of a high risk, or why they need not be (Art. 34(1), (3))."""
Facts = Annotated[Line, StringConstraints(min_length=10, max_length=4000)]
OFFICER = Staff("officer")
MOST = 1_000_000_000
ServiceName = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class RecordBreach(Request[Created], type="privacy.record-breach", askers=("gateway",), actor=OFFICER):
    """What happened, and since when it is known; the clock of 72 hours runs from then. Name no person."""

    aware_at: Moment
    natures: Annotated[tuple[Nature, ...], Field(min_length=1, max_length=3)]
    categories: Annotated[tuple[HeldCategory, ...], Field(min_length=1, max_length=18)]
    people: int | None = Field(default=None, ge=0, le=MOST)
    records: int | None = Field(default=None, ge=0, le=MOST)
    was_sealed: bool
    """Nobody can read what was lost: it was encrypted, and the key is safe (Art. 34(3)(a))."""
    facts: Facts


class JudgeBreach(Request[Done], type="privacy.judge-breach", askers=("gateway",), actor=OFFICER):
    """A human says how likely a risk to people is, and why; again when more is known. 404; 409 once it was reported
    and would be unlikely.
    """

    breach_id: UUID
    risk: Risk
    reason: Facts


class ReportBreach(Request[Done], type="privacy.report-breach", askers=("gateway",), actor=OFFICER):
    """What was told to the authority, in one piece or in phases (Art. 33(3), (4)). 404; 409 before it is judged, and
    for one whose risk is unlikely; 422 for what is missing, and for a late one without reasons.
    """

    breach_id: UUID
    reported_at: Moment
    reference: Annotated[Line, StringConstraints(min_length=1, max_length=100)]
    contact: Annotated[Line, StringConstraints(max_length=400)] = ""
    consequences: Annotated[Line, StringConstraints(max_length=4000)] = ""
    measures: Annotated[Line, StringConstraints(max_length=4000)] = ""
    late_because: Annotated[Line, StringConstraints(max_length=2000)] = ""
    more_follows: bool = False
    """The rest comes in a later phase."""


class TellOfBreach(Request[Done], type="privacy.tell-of-breach", askers=("gateway",), actor=OFFICER):
    """How people were told of a high risk, or why they need not be. 404; 409 unless the risk is high; 422 for sealed
    data that were not.
    """

    breach_id: UUID
    told: PeopleTold
    reason: Facts


class AffectedPeople(Message):
    """How many were named now, and how many of the list are gone by an erasure and can't be written to."""

    named: int
    erased: int


class NameAffected(Request[AffectedPeople], type="privacy.name-affected", askers=("gateway",), actor=OFFICER):
    """Whom a breach concerns, by their ids, in one list or several; who was named already is not named again. 404; 422
    for an id that nobody has, and then nobody is named.
    """

    breach_id: UUID
    subject_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=1000)]


class ScopeBreach(Request[Created], type="privacy.scope-breach", askers=("gateway",), actor=OFFICER):
    """Whom a breach concerns, by what was lost: all living people of whom one of these services holds data of one of
    these categories. They are counted, and nobody is named or written to before an officer has seen how many.

    404; 422 for a service that takes no part, and for a category that none of them holds.
    """

    breach_id: UUID
    services: Annotated[tuple[ServiceName, ...], Field(min_length=1, max_length=20)]
    categories: Annotated[tuple[HeldCategory, ...], Field(min_length=1, max_length=18)]


class NameScope(Request[AffectedPeople], type="privacy.name-scope", askers=("gateway",), actor=OFFICER):
    """Name everybody who was counted: `people` is how many the officer has seen. 404; 409 while they are counted, for
    another number, and for a scope whose people were named.
    """

    breach_id: UUID
    scope_id: UUID
    people: int = Field(ge=0, le=MOST)


ScopeState = Literal["counting", "counted", "named"]


class BreachScope(Message):
    """People by what services hold of them: how many are counted so far, or were named."""

    scope_id: UUID
    state: ScopeState
    services: tuple[str, ...]
    categories: tuple[str, ...]
    people: int


class BreachWords(Message):
    """What the letter says in one language, in plain words (Art. 34(2)): what happened, what may follow, what is done
    about it and what people can do themselves.
    """

    nature: Facts
    consequences: Facts
    measures: Facts


class WriteOfBreach(Request[Done], type="privacy.write-of-breach", askers=("gateway",), actor=OFFICER):
    """Write to everybody whom the breach concerns, each once, and to whoever is named later; that people are told by
    `letters` is noted with it. 404; 409 unless the risk is high, where people are told otherwise or need not be, and
    once letters were issued.
    """

    breach_id: UUID
    contact: Annotated[Line, StringConstraints(min_length=3, max_length=400)]
    """Where people learn more: the data protection officer or another contact (Art. 33(3)(b))."""
    pl: BreachWords
    en: BreachWords


class Breach(Message):
    """A breach as officers see it. `due_at` is when the 72 hours end, `is_late` that they have and nothing was told.

    Of the people that were named some wait for their letter, some were written to, some no mail reaches.
    """

    breach_id: UUID
    state: BreachState
    aware_at: datetime
    due_at: datetime
    is_late: bool
    natures: tuple[str, ...]
    categories: tuple[str, ...]
    people: int | None
    records: int | None
    was_sealed: bool
    facts: str
    risk: Risk | None
    reported_at: datetime | None
    people_are_to_be_told: bool
    people_told: PeopleTold | None
    people_named: int = 0
    people_written_to: int = 0
    people_not_reached: int = 0
    scopes: tuple[BreachScope, ...] = ()


class Breaches(Message):
    """Those that are due first at the top, then those that are done with."""

    breaches: tuple[Breach, ...]


class ListBreaches(Request[Breaches], type="privacy.list-breaches", askers=("gateway",), actor=OFFICER):
    """The register of every breach (Art. 33(5))."""

    limit: int = Field(default=100, ge=1, le=1000)
