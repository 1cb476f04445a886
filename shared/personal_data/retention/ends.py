"""What a service declares beside its data map: when the rows of each table end, and what else keeps them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date

from shared.database import Transaction
from shared.law.retention import policies
from shared.law.retention.terms import Rules
from shared.personal_data.data_map import DataMap, RetentionClass, Table

Step = Callable[[Transaction, date, int], Awaitable[int]]
"""What is done in place of a bare delete: to so many rows at most, as of a day; answers to how many."""


@dataclass(frozen=True)
class Fact:
    """From what an end follows: the day or moment in a column, by the rules of the law.

    Without rules the column is the last day of keeping itself. `unless` says of which rows the fact is not asked.
    """

    column: str
    rules: Rules = ()
    is_day: bool = False
    unless: str = ""


@dataclass(frozen=True)
class Keeper:
    """What keeps rows that are over: a condition in SQL, and in words for the evidence.

    `foreseen` is the condition before a run, where what keeps them is over as well and goes first.
    """

    condition: str
    because: str
    foreseen: str = ""


@dataclass(frozen=True)
class Ends:
    """Rows that end by themselves, once all their facts are over; `where` says which rows of the table.

    `of` tells several declarations of one table apart. `does` takes the place of the delete. Rows of the erased are
    what the law kept of them; all others are of the living.
    """

    table: str
    facts: tuple[Fact, ...]
    retention: RetentionClass
    where: str = "true"
    of: str = ""
    kept_by: tuple[Keeper, ...] = ()
    does: Step | None = None
    erased: bool = False

    @property
    def name(self) -> str:
        return f"{self.table}: {self.of}" if self.of else self.table


@dataclass(frozen=True)
class Open:
    """Rows without a last day yet: the reason, and in SQL the day on which somebody, or the run, looks again."""

    table: str
    because: str
    review: str = "review_at"
    where: str = "true"


@dataclass(frozen=True)
class GoesWith:
    """Rows that end with a row of another table, found by the columns they share."""

    table: str
    parent: str
    column: str
    because: str


def of_the_erased(table: Table) -> Ends:
    """What the law kept of people who were erased, by the day that is written in each row."""
    return Ends(table.name, (Fact("retain_until"),), table.retention, of="of the erased", erased=True)


Declared = Ends | Open | GoesWith

ERASURE_REPORT = Ends(
    "erasure_report", (Fact("created_at", policies.PROOF),), RetentionClass.PROOF, of="of erasures long ago"
)
OF_THE_KIT: tuple[Declared, ...] = (
    ERASURE_REPORT,
    Open("hold", "as long as the dispute lasts for which it was placed"),
    Ends("hold", (Fact("retain_until"),), RetentionClass.CLAIMS, of="released"),
    Open("permission", "as long as its person is known here", review="current_date + 1"),
)


async def nothing_first(_tx: Transaction, _day: date) -> None:
    """A service whose open ends need no second look."""


@dataclass(frozen=True)
class Retention:
    """How a service's rows end; children stand before what they hang on.

    `judge` looks again at what has no day, such as debts, before anything is purged.
    """

    data_map: DataMap
    declared: tuple[Declared, ...] = ()
    judge: Callable[[Transaction, date], Awaitable[None]] = nothing_first
    everything: tuple[Declared, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "everything", (*self.declared, *OF_THE_KIT))

    @property
    def ends(self) -> tuple[Ends, ...]:
        return tuple(each for each in self.everything if isinstance(each, Ends))

    @property
    def of_the_erased(self) -> tuple[Ends, ...]:
        return tuple(of_the_erased(table) for table in self.data_map.everything if table.kept)

    def table(self, name: str) -> Table | None:
        """The personal table of a name; None for one without a key to a person."""
        return next((each for each in self.data_map.everything if each.name == name), None)
