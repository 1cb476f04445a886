"""Arithmetic of legal terms, and rules that hold from a date."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Dated(Protocol):
    """Anything that holds from a date on."""

    @property
    def valid_from(self) -> date:
        """The first day on which it holds."""


D = TypeVar("D", bound=Dated)


def in_force(rows: Iterable[D], day: date) -> D:
    """The row that holds on a day. Raises LookupError for a day before the first one."""
    held = [row for row in rows if row.valid_from <= day]
    if not held:
        raise LookupError(f"no rule is recorded for {day}: add the row that held then")
    return max(held, key=lambda row: row.valid_from)


def months_after(day: date, months: int) -> date:
    """The same-numbered day, or the last one of a shorter month (Reg. 1182/71 Art. 3(2)(c); KC art. 112)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def year_end(day: date) -> date:
    """31 December of the day's year."""
    return date(day.year, 12, 31)
