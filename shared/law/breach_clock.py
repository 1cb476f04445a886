"""The time limit for telling the authority about a breach (GDPR Art. 33(1))."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.law.calendar import WARSAW, in_force


@dataclass(frozen=True)
class Limit:
    """How long after becoming aware, from `valid_from`."""

    valid_from: date
    hours: int


LIMITS = (Limit(date(2018, 5, 25), hours=72),)


def notification_due(aware_at: datetime) -> datetime:
    """The moment the limit ends, in Warsaw time: elapsed hours, through nights, weekends and clock changes.

    The hour of awareness counts, which is stricter than Reg. 1182/71 Art. 3(1).
    """
    aware = _moment(aware_at)
    hours = in_force(LIMITS, aware.astimezone(WARSAW).date()).hours
    return (aware + timedelta(hours=hours)).astimezone(WARSAW)


def needs_reasons(aware_at: datetime, notified_at: datetime) -> bool:
    """Whether a notification is late, so that it must say why (Art. 33(1))."""
    return _moment(notified_at) > notification_due(aware_at)


def _moment(at: datetime) -> datetime:
    # Sums of local times would count wall-clock hours.
    if at.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    return at.astimezone(UTC)
