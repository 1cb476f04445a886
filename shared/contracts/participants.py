"""What every participant in an erasure says, under its own name."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.contracts.message import Event, Message, Request


class MappedColumn(Message):
    """One column of an announced data map."""

    name: str
    category: str | None
    source: str
    blank: bool
    role: str | None
    withheld: str = ""
    """Why a copy for the person leaves it out; empty for what is in it."""


class MappedTable(Message):
    """One table of an announced data map."""

    name: str
    category: str
    purposes: tuple[str, ...]
    retention: str
    kept: bool
    columns: tuple[MappedColumn, ...]
    portable: bool = True
    """Whether the person gave it or was observed to do it, as portability wants; its basis has to fit as well."""


class UnkeyedTable(Message):
    """A table whose personal values have no key to a person: what it is, and when they end."""

    table: str
    categories: tuple[str, ...]
    because: str
    ends: str


class DataMapAnnounced(Event, type="*.data-map-announced.v1", owner="privacy"):
    """A participant tells what it holds and whom it gives data to; from the next order on it is asked to erase it."""

    service: str
    version: int
    tables: tuple[MappedTable, ...]
    recipients: tuple[str, ...] = ()
    unkeyed: tuple[UnkeyedTable, ...] | None = None
    """None from a service that does not say yet whether it has any."""
    in_force_since: datetime | None = None
    """Since when the service works by this map, also after a roll back; None while a newer one is at work."""


Outcome = Literal["purged", "anonymized", "retained", "refused", "failed", "nothing_held"]
KEPT = frozenset(("retained", "refused"))


class ReportedTable(Message):
    """The outcomes for one table, one entry per person, in the order of the report's subjects."""

    table: str
    categories: tuple[str, ...]
    columns: str | None = None
    outcome: tuple[Outcome, ...]
    rows: tuple[int, ...]
    purged_rows: tuple[int, ...] | None = None
    retain_until: tuple[date | None, ...] | None = None
    review_at: tuple[date | None, ...] | None = None
    provision: tuple[str | None, ...] | None = None
    exception: tuple[str | None, ...] | None = None
    holds: tuple[tuple[UUID, ...] | None, ...] | None = None
    """The legal holds by which rows are kept."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """One entry per person in every list, and no kept row without its reason and its day (GDPR Art. 12(4))."""
        people = len(self.outcome)
        kept = (self.retain_until, self.review_at, self.provision, self.exception, self.holds)
        lists = (self.rows, self.purged_rows, *kept)
        if any(entries is not None and len(entries) != people for entries in lists):
            raise PydanticCustomError("not_aligned", "needs one entry per person in every list")
        if KEPT.isdisjoint(self.outcome):
            return self
        nothing = (None,) * people
        columns = (self.outcome, self.provision or nothing, self.retain_until or nothing, self.review_at or nothing)
        for outcome, provision, until, review in zip(*columns, strict=True):
            if outcome in KEPT and not (provision and (until or review)):
                raise PydanticCustomError("kept_without_reason", "needs a provision and a day for what is kept")
        return self


class Failure(Message):
    """Why one person could not be erased, without values."""

    sqlstate: str | None
    constraint: str | None


class ErasureReported(Event, type="*.erasure-reported.v1", owner="privacy"):
    """What a participant did for some of the people of an order; an order may be answered in parts."""

    order_id: UUID
    service: str
    map_version: int
    part: int
    at: date
    subjects: tuple[UUID, ...]
    tables: tuple[ReportedTable, ...]
    failure: Failure | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Somebody is reported, every table speaks of everybody, and a failure comes with its reason."""
        if not self.subjects or any(len(table.outcome) != len(self.subjects) for table in self.tables):
            raise PydanticCustomError("not_aligned", "needs one outcome per person and table")
        if any("failed" in table.outcome for table in self.tables) != (self.failure is not None):
            raise PydanticCustomError("failure_without_reason", "needs a reason for a failure, and only then")
        return self


class EndedRetention(Message):
    """Rows of one table that the law had kept and that are gone now."""

    table: str
    subjects: tuple[UUID, ...]
    rows: tuple[int, ...]


class RetentionEnded(Event, type="*.retention-ended.v1", owner="privacy"):
    """A participant purged what it had retained: the second page of the certificates."""

    service: str
    ended_at: date
    tables: tuple[EndedRetention, ...]


class PurgedRows(Message):
    """How many rows of one kind a retention run took, and by what how many were kept past their day."""

    what: str
    """The table, and which of its rows."""
    retention: str
    cut_off: date
    """The first day that is kept: of the facts that an end is counted from, or of the end itself."""
    rows: int
    skips: dict[str, int] = Field(default_factory=dict)


class RetentionRan(Event, type="*.retention-ran.v1", owner="privacy"):
    """What a retention run did in a participant: the evidence that what is over ends (GDPR Art. 5(2)).

    A run that is not whole was interrupted; what it had done is counted all the same.
    """

    service: str
    run_id: UUID
    as_of: date
    started_at: datetime
    ended_at: datetime
    whole: bool
    purges: tuple[PurgedRows, ...]


class PermissionApplied(Event, type="*.permission-applied.v1", owner="privacy", carries=("D13",)):
    """Versions of permissions by which a participant acts from now on, one entry per person and purpose in every list.

    No use that one of them forbids starts any more, and none that began before is still under way.
    """

    service: str
    subjects: tuple[UUID, ...]
    purposes: tuple[str, ...]
    versions: tuple[int, ...]

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        if not self.subjects or not len(self.subjects) == len(self.purposes) == len(self.versions):
            raise PydanticCustomError("not_aligned", "needs one entry per person and purpose in every list")
        return self


class Disclosed(Event, type="*.disclosed.v1", owner="privacy", late="statutory", carries=("D16",)):
    """A participant gave data of a person to a recipient (GDPR Art. 15(1)(c), 19)."""

    subject_id: UUID
    recipient: str
    purpose: str
    categories: tuple[str, ...]
    disclosed_at: datetime
    reference: str = Field(default="", max_length=200)
    """By what the recipient knows it: a random number that it was given, a Message-ID; never a name or an address."""


MAX_COPIED_IDS = 1000
"""So many linked ids may one person have."""
MAX_COPIED_ROWS = 1000
"""So many rows may stand in one page."""
NEXT_LENGTH = 4000


class CopiedRows(Message):
    """Rows of one table as their person may see them, with what the data map says of it."""

    table: MappedTable
    rows: tuple[dict[str, Any], ...]


class CopyPage(Message):
    """A part of what a participant holds; `after` is what was asked for, `next` asks on and is empty at the end."""

    map_version: int
    after: str
    next: str
    tables: tuple[CopiedRows, ...]


class ReadCopy(Request[CopyPage], type="*.read-copy", askers=("privacy",)):
    """What a participant holds about one person, page by page, for the person's copy (GDPR Art. 15(3), 20).

    422 for an `after` that is not what a page said, 409 when the data map has changed since: begin again.
    """

    subjects: tuple[UUID, ...] = Field(min_length=1, max_length=MAX_COPIED_IDS)
    after: str = Field(default="", max_length=NEXT_LENGTH)
    limit: int = Field(default=500, ge=1, le=MAX_COPIED_ROWS)


MAX_HOLDERS = 5000
CategoryKey = Annotated[str, StringConstraints(pattern=r"^D\d{1,2}$")]


class Holders(Message):
    """Ids of living people, in their order; `next` asks on, None at the end."""

    subjects: tuple[UUID, ...]
    next: UUID | None


class ListHolders(Request[Holders], type="*.list-holders", askers=("privacy",)):
    """Of whom a participant holds data of a category now, page by page: whom a breach concerns (GDPR Art. 34)."""

    categories: tuple[CategoryKey, ...] = Field(min_length=1, max_length=20)
    after: UUID | None = None
    limit: int = Field(default=1000, ge=1, le=MAX_HOLDERS)
