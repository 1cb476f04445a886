"""When an account counts as dormant, and what comes before its end: pure decisions."""

from datetime import date, timedelta
from typing import Literal

from shared.law.retention import policies
from shared.law.retention.cutoffs import cut_off

Step = Literal["warn", "warn again", "end"]
WAIT = timedelta(days=30)
"""So long each warning stands before the next step."""


def unused_before(day: date) -> date:
    """Accounts that were used last before this day are dormant."""
    return cut_off(policies.DORMANT, day)


def next_step(warned_on: date | None, warned_again_on: date | None, day: date) -> Step | None:
    """What is due for a dormant account; nothing while a warning stands."""
    if warned_on is None:
        return "warn"
    if warned_on + WAIT > day:
        return None
    if warned_again_on is None:
        return "warn again"
    return "end" if warned_again_on + WAIT <= day else None


def ends_on(step: Step, day: date) -> date:
    """The day that a warning names: when the account ends, if nobody uses it."""
    return day + (2 * WAIT if step == "warn" else WAIT)
