"""The only place that reads the time."""

from datetime import UTC, date, datetime

from shared.law.calendar import WARSAW


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The calendar day at the vendor's seat (Reg. 1182/71 counts in local days)."""
    return datetime.now(WARSAW).date()
