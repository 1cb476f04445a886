"""72 hours after becoming aware, across weekends and clock changes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.law.breach_clock import needs_reasons, notification_due
from shared.law.calendar import WARSAW

moments = st.datetimes(datetime(2019, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def warsaw(*at: int, fold: int = 0) -> datetime:
    year, month, day, hour, minute = at
    return datetime(year, month, day, hour, minute, tzinfo=WARSAW, fold=fold)


def shown(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


def test_example_22_over_a_weekend() -> None:
    assert shown(notification_due(warsaw(2026, 12, 18, 16, 20))) == "2026-12-21T16:20+01:00"


def test_example_22_across_the_change_to_summer_time() -> None:
    assert shown(notification_due(warsaw(2027, 3, 27, 12, 0))) == "2027-03-30T13:00+02:00"


def test_across_the_change_to_winter_time() -> None:
    assert shown(notification_due(warsaw(2026, 10, 23, 12, 0))) == "2026-10-26T11:00+01:00"


def test_both_passes_through_the_repeated_hour_end_an_hour_apart() -> None:
    first, second = (notification_due(warsaw(2026, 10, 25, 2, 30, fold=fold)) for fold in (0, 1))
    assert (shown(first), shown(second)) == ("2026-10-28T01:30+01:00", "2026-10-28T02:30+01:00")


def test_holidays_do_not_stop_the_hours() -> None:
    assert shown(notification_due(warsaw(2026, 12, 24, 0, 0))) == "2026-12-27T00:00+01:00"


def test_awareness_noted_in_utc_is_shown_in_warsaw_time() -> None:
    assert shown(notification_due(datetime(2026, 12, 18, 15, 20, tzinfo=UTC))) == "2026-12-21T16:20+01:00"


def test_reasons_are_needed_after_the_last_second() -> None:
    aware = warsaw(2027, 3, 27, 12, 0)
    assert not needs_reasons(aware, warsaw(2027, 3, 30, 13, 0))
    assert needs_reasons(aware, warsaw(2027, 3, 30, 13, 0) + timedelta(seconds=1))
    assert not needs_reasons(aware, datetime(2027, 3, 30, 11, 0, tzinfo=UTC))


def test_a_moment_needs_a_zone() -> None:
    naive, aware = datetime(2026, 12, 18, 16, 20), warsaw(2026, 12, 18, 16, 20)  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        notification_due(naive)
    with pytest.raises(ValueError, match="zone"):
        needs_reasons(aware, naive)


def test_no_limit_is_guessed_for_the_time_before_the_regulation() -> None:
    # 24 May in London and UTC is already the 25th in Warsaw
    assert shown(notification_due(datetime(2018, 5, 24, 22, 0, tzinfo=UTC))) == "2018-05-28T00:00+02:00"
    with pytest.raises(LookupError):
        notification_due(datetime(2018, 5, 24, 21, 59, tzinfo=UTC))


@given(moments)
def test_exactly_72_hours_elapse(aware: datetime) -> None:
    due = notification_due(aware)
    assert due.astimezone(UTC) - aware == timedelta(hours=72)
    assert due.tzinfo is WARSAW


@given(moments, st.integers(-(10**6), 10**6))
def test_reasons_are_needed_exactly_when_late(aware: datetime, seconds_late: int) -> None:
    notified = aware + timedelta(hours=72, seconds=seconds_late)
    assert needs_reasons(aware, notified.astimezone(WARSAW)) == (seconds_late > 0)
