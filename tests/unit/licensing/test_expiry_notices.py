"""When a holder is told that a license ends or has ended."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing.licenses.expiry_notices import ENDED, SENT_UNTIL, due_on
from services.licensing.policies import rules as policies
from shared.law.calendar import WARSAW

LATE_DAYS = 3
LAST_DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def end_of(last_day: date) -> datetime:
    end = policies.expires_at(last_day, 0)
    assert end is not None
    return end


def steps_for(last_day: date, day: date, lasts: timedelta = timedelta(days=365)) -> list[int]:
    """The steps that are due on a day for a license with this last day."""
    end = end_of(last_day)
    return [due.step for due in due_on(day) if due.after < end <= due.until and lasts >= due.lasting]


@given(LAST_DAYS)
def test_one_step_is_due_at_a_time_the_latest_that_has_come(last_day: date) -> None:
    """None is late by more than three days, but that of the end."""
    for passed in range(-60, 60):
        latest = max((step for step in SENT_UNTIL if step <= passed), default=None)
        fresh = latest is not None and (passed - latest <= LATE_DAYS or latest == ENDED)
        assert steps_for(last_day, last_day + timedelta(days=passed)) == ([latest] if fresh else [])


@given(LAST_DAYS, st.sets(st.integers(-60, 60)), st.integers(1, 400))
def test_whenever_the_job_runs_no_step_comes_twice_and_a_later_end_begins_anew(
    last_day: date, runs: set[int], renewed_by: int
) -> None:
    """As the statement marks them: the latest step that was sent, and the end that it was about."""

    def told(last_day: date) -> list[int]:
        sent: list[int] = []
        for passed in sorted(runs):
            sent += [s for s in steps_for(last_day, last_day + timedelta(days=passed)) if not sent or s > sent[-1]]
        return sent

    sent = told(last_day)
    assert len(sent) == len(set(sent))
    assert set(sent) <= set(SENT_UNTIL)
    assert told(last_day + timedelta(days=renewed_by)) == sent
    if runs >= set(SENT_UNTIL):
        assert sent == list(SENT_UNTIL)


@given(LAST_DAYS, st.integers(1, 330), st.integers(31, 400))
def test_a_renewed_license_is_told_nothing_of_the_end_it_had(last_day: date, passed: int, renewed_by: int) -> None:
    """A step of the former end is due for no end that is more than 30 days away."""
    day = last_day - timedelta(days=30) + timedelta(days=passed)
    renewed = day + timedelta(days=renewed_by)
    assert steps_for(renewed, day) == []


@pytest.mark.parametrize(
    ("months", "steps"), [(1, [-7, -1, 1, 14]), (2, [-7, -1, 1, 14]), (3, [-30, -7, -1, 1, 14]), (12, list(SENT_UNTIL))]
)
def test_a_short_license_is_not_said_to_end_when_it_begins(months: int, steps: list[int]) -> None:
    bought = datetime.combine(date(2026, 1, 15), time(12), WARSAW)
    end = policies.expires_at(bought.date(), months)
    assert end is not None
    last_day = (end - timedelta(seconds=1)).date()
    days = [last_day + timedelta(days=passed) for passed in range(-40, 40)]
    sent = [step for day in days for step in steps_for(last_day, day, end - bought)]
    assert list(dict.fromkeys(sent)) == steps
