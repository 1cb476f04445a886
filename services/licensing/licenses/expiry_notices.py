"""When a holder is told that a license ends or has ended: pure decisions."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shared.law.calendar import WARSAW

ENDED = 1
SENT_UNTIL = {-30: -27, -7: -4, -1: 0, ENDED: 13, 14: 17}
"""The steps, and until when each is made up for, in days from the last day of a license on.

Three days after its own at most, and never beside the next one: later it would be read as news, and several at once
as a fault. That of the end stays true until the last one.
"""


@dataclass(frozen=True)
class Due:
    """A step, and the licenses that it is due for on some day: they end later than `after`, by `until`."""

    step: int
    after: datetime
    until: datetime
    lasting: timedelta
    """How long such a license lasts at least: one of a month is not said to end in 30 days when it was just bought."""


def due_on(day: date) -> list[Due]:
    """No license is in two of them."""
    return [
        Due(step, _midnight(day, -last), _midnight(day, 1 - step), timedelta(days=max(0, -2 * step)))
        for step, last in SENT_UNTIL.items()
    ]


def _midnight(day: date, days: int) -> datetime:
    return datetime.combine(day + timedelta(days=days), time(), WARSAW)


def template(step: int) -> str:
    """The letter of a step."""
    if step < 0:
        return "license-expiring"
    return "license-expired" if step == ENDED else "license-stays-expired"
