"""What a report must cover to count: pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.participants import ErasureReported
from shared.messaging.faults import Rejected


@dataclass(frozen=True)
class Asked:
    """The data map by which a service was asked, and the one that it has announced since."""

    map_version: int
    tables: Sequence[str]
    announced_version: int
    announced_tables: Sequence[str]


def is_by_a_map_that_counts(asked: Asked, report: ErasureReported) -> bool:
    """Whether a report covers the data map of its order, or the one in force by now; another one is asked for again.

    While a service is upgraded or rolled back, instances with either map take orders, and a report may overtake the
    announcement of its map. Raises Rejected for a report that leaves out a table of the map that it names.
    """
    tables = {asked.announced_version: asked.announced_tables, asked.map_version: asked.tables}.get(report.map_version)
    if tables is None:
        return False
    if set(tables) - {table.table for table in report.tables}:
        raise Rejected("report that leaves out a table of the data map")
    return True


def names_everybody(ordered: Iterable[UUID], reported: Iterable[UUID]) -> bool:
    """Whether one part of an answer speaks of everybody who was ordered."""
    return Counter(ordered) == Counter(reported)


def check_subjects(ordered: Iterable[UUID], parts: Iterable[Sequence[UUID]]) -> None:
    """Raise Rejected for somebody who was not ordered, or who is reported twice and could stand for somebody else."""
    reported: Counter[UUID] = Counter()
    for subjects in parts:
        reported.update(subjects)
    if reported - Counter(ordered):
        raise Rejected("report on people who were not ordered, or on somebody twice")
