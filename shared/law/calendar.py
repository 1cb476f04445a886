"""Legal terms: days at the vendor's seat, arithmetic of months, rules that hold from a date."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

WARSAW = ZoneInfo("Europe/Warsaw")
"""The vendor's seat: deadlines are counted in its days (Reg. 1182/71 Art. 3)."""


class Dated(Protocol):
    """Anything that holds from a date on."""

    @property
    def valid_from(self) -> date:
        """The first day on which it holds."""


D = TypeVar("D", bound=Dated)


def in_force(rows: Iterable[D], day: date) -> D:
    """The row that holds on a day. Raises LookupError for a day before the first one."""
    begun = [row for row in rows if row.valid_from <= day]
    if not begun:
        raise LookupError(f"no rule is recorded for {day}: add the row that held then")
    return max(begun, key=lambda row: row.valid_from)


def midnight(day: date) -> datetime:
    """The moment in which a day begins at the vendor's seat; that is an hour sooner or later across a clock change."""
    return datetime.combine(day, time(), WARSAW).astimezone(UTC)


def months_after(day: date, months: int) -> date:
    """The same-numbered day, or the last one of a shorter month (Reg. 1182/71 Art. 3(2)(c); KC art. 112)."""
    return day + relativedelta(months=months)


def year_end(day: date) -> date:
    return date(day.year, 12, 31)
