"""When officers are written to before the 72 hours of a breach end, across a change of the clock too."""

from datetime import datetime, timedelta

import pytest

from services.privacy.breaches.rules import alarm_stage
from shared.law.calendar import WARSAW

AWARE = datetime(2027, 3, 27, 12, 0, tzinfo=WARSAW)
DUE = datetime(2027, 3, 30, 13, 0, tzinfo=WARSAW)
"""An hour later by the clock on the wall: summer time has begun."""
A_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "stage"),
    [
        (AWARE, None),
        (DUE - timedelta(hours=24) - A_SECOND, None),
        (DUE - timedelta(hours=24), 24),
        (DUE - timedelta(hours=6) - A_SECOND, 24),
        (DUE - timedelta(hours=6), 6),
        (DUE + timedelta(days=9), 6),
    ],
)
def test_an_alarm_begins_with_its_hour(at: datetime, stage: int | None) -> None:
    assert alarm_stage(AWARE, at) == stage
