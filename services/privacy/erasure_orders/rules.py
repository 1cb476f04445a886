"""What a report must cover to count: pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.participants import ErasureReported
from shared.messaging.faults import Rejected


class NotAnnouncedYet(Exception):
    """A report by a data map whose announcement is still under way; it is tried again."""


@dataclass(frozen=True)
class Asked:
    """The data map by which a service was asked, and the one that it has announced since."""

    map_version: int
    tables: Sequence[str]
    announced_version: int
    announced_tables: Sequence[str]


def check_tables(asked: Asked, report: ErasureReported) -> None:
    """Raise Rejected unless a report covers every table of the data map that counts, NotAnnouncedYet if it may do."""
    if _owed(asked, report.map_version) - {table.table for table in report.tables}:
        raise Rejected("report that leaves out a table of the data map")


def _owed(asked: Asked, version: int) -> set[str]:
    """The tables that a report by a version of the data map has to cover.

    A service may have been upgraded after the order was written: then its newer map counts, and never an older one.
    """
    if version == asked.map_version:
        return set(asked.tables)
    if version > asked.announced_version:
        raise NotAnnouncedYet
    if version < max(asked.map_version, asked.announced_version):
        raise Rejected("report by an older data map than the one in force")
    return set(asked.announced_tables)


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
