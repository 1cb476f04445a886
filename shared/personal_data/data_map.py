"""The declarations of what a service holds about a person; purge, coverage and register follow from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from shared.purposes import ProcessingPurpose, Purpose


class Category(StrEnum):
    """The categories of personal data of the register."""

    NAME = "D1"
    COMPANY = "D2"
    ADDRESS = "D3"
    PHONE = "D4"
    EMAIL = "D5"
    ORDER_IP = "D6"
    CREDENTIALS = "D7"
    LICENSES = "D8"
    ORDERS = "D9"
    CORRESPONDENCE = "D10"
    ACTIVITY = "D11"
    MARKETING = "D12"
    CONSENTS = "D13"
    CONTESTS = "D14"
    DISPUTES = "D15"
    PRIVACY_CASES = "D16"
    TAX_EVIDENCE = "D17"


class RetentionClass(StrEnum):
    """How long something is kept; the periods are in shared/law/retention and in the register's retention.toml."""

    TAX = "R-TAX"
    OSS = "R-OSS"
    BOOKS = "R-BOOKS"
    CLAIMS = "R-CLAIM"
    CONTRACT = "R-LIVE"
    SECURITY = "R-SEC"
    ACTIVITY = "R-ACT"
    MARKETING = "R-MKT"
    PROOF = "R-PROOF"
    ENQUIRY = "R-ENQ"
    CONTEST = "R-CONT"
    COOKIES = "R-COOK"
    COPY = "R-COPY"


Source = Literal["provided", "observed", "third party", "inferred"]
Role = Literal["owner", "party", "author"]
Withheld = Literal["", "hash", "sealed", "others", "copy"]
"""Why a copy for the person leaves something out: nothing can be read from it; it is opened elsewhere, on demand; it
tells of other people (GDPR Art. 15(4)); it is the copy itself."""


@dataclass(frozen=True)
class Column:
    """One column. A `role` makes it name a person; `blank` empties it in a row that the law keeps.

    What `identifies` is told by its value alone: after an erasure it is searched for everywhere.
    """

    name: str
    category: Category | None = None
    source: Source = "provided"
    blank: bool = False
    role: Role | None = None
    withheld: Withheld = ""
    identifies: bool = False

    @property
    def left_out(self) -> Withheld:
        """Why a copy leaves it out; a column that names somebody else tells of other people."""
        return self.withheld or ("others" if self.role in ("party", "author") else "")


@dataclass(frozen=True)
class Table:
    """One personal table: whose rows, why, until when, and what erasure does to them.

    `kept` rows with a retention date or review date survive an erasure, with their `blank` columns
    emptied; all other rows go. `withheld` keeps the whole table out of copies for the person, and what is not
    `portable` out of those for another controller: it was made here, neither given nor observed. An upheld objection
    to a purpose that it `ends_with` purges it.
    A legal hold of a category in `held_with` keeps these rows, too: rows of that category hang on them.
    """

    name: str
    category: Category
    purposes: tuple[ProcessingPurpose, ...]
    retention: RetentionClass
    columns: tuple[Column, ...]
    kept: bool = False
    withheld: Withheld = ""
    portable: bool = True
    ends_with: tuple[Purpose, ...] = ()
    held_with: tuple[Category, ...] = ()

    @property
    def categories(self) -> tuple[Category, ...]:
        categories = {self.category} | {c.category for c in self.columns if c.category and not c.blank}
        return tuple(sorted(categories))

    @property
    def fields(self) -> tuple[Category, ...]:
        """All categories that stand in its rows, what an erasure empties among them."""
        return tuple(sorted({self.category} | {c.category for c in self.columns if c.category}))

    @property
    def blanked(self) -> tuple[Column, ...]:
        """The columns that an erasure empties in kept rows."""
        return tuple(c for c in self.columns if c.blank)

    @property
    def others(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.role in ("party", "author"))


@dataclass(frozen=True)
class Unkeyed:
    """A table without a key to a person, and why that is so.

    If its values are personal all the same (sealed, hashed, random ids) it names their categories, and says when they
    end: an erasure's certificate lists it.
    """

    name: str
    because: str
    categories: tuple[Category, ...] = ()
    ends: str = ""

    def __post_init__(self) -> None:
        if bool(self.categories) != bool(self.ends):
            raise ValueError(f"{self.name}: what is personal has categories and an end, and what is not has neither")


@dataclass(frozen=True)
class DataMap:
    """All that one service holds. The version rises with every change of meaning."""

    service: str
    version: int
    tables: tuple[Table, ...]
    unkeyed: tuple[Unkeyed, ...] = ()

    @property
    def everything(self) -> tuple[Table, ...]:
        """The service's tables and the kit's own personal tables."""
        return (*self.tables, PERMISSION, HOLD)

    def table(self, name: str) -> Table:
        return next(each for each in self.everything if each.name == name)


def fact(*names: str, withheld: Withheld = "") -> Iterator[Column]:
    """Columns that say nothing of a category of their own: keys, states, times, amounts."""
    return (Column(name, source="observed", withheld=withheld) for name in names)


OWNER = Column("subject_id", role="owner")

PERMISSION = Table(
    "permission",
    Category.CONSENTS,
    purposes=(ProcessingPurpose.ACCOUNTABILITY,),
    retention=RetentionClass.CONTRACT,
    columns=(OWNER, *fact("purpose", "allowed", "version")),
)
HOLD = Table(
    "hold",
    Category.DISPUTES,
    purposes=(ProcessingPurpose.LEGAL_PROCEEDINGS,),
    retention=RetentionClass.CLAIMS,
    kept=True,
    columns=(OWNER, *fact("hold_id", "scope", "version")),
)

# Columns that lethe.personal and lethe.kept add, and the kit's tables that hold ids for a short time.
KIT_COLUMNS = frozenset({"live", "retain_until", "review_at", "provisions", "exemptions"})
KIT_TABLES = {
    "subject": "ids and tombstones: random ids with nothing beside them",
    "inbox": "message ids, dropped after the longest redelivery",
    "outbox": "messages on their way, without personal values",
    "outbox_dropped": "what an operator dropped and why: ids and fixed words, gone after a year",
    "dead_letter_dropped": "the same of a dead letter",
    "consumer": "which consumers are paused or rest",
    "retry_waiting": "message ids that wait for another attempt, gone with it",
    "idempotency": "hashes, dropped after a day",
    "erasure_report": "outcomes by id, without personal values",
    "data_map_at_work": "versions of the data map, no person",
    "mapped_category": "which categories the data map has in which table, no person",
    "retention_run": "when the retention run was at work, and as of which day",
    "retention_purge": "how many rows of which table it took, no person",
    "catch_up": "how far the service has caught up",
    "alembic_version": "the schema's version",
}
