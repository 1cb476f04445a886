"""The clock of a request: worked dates, pauses, extensions, and what holds for every day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.law.calendar import WARSAW, months_after
from shared.law.case_clock import (
    POLAND,
    Clock,
    ExtensionError,
    ExtensionReason,
    day_of_receipt,
    due_date,
    target_date,
    working_day,
)

# Two days of Christmas, Christmas Eve and a weekend.
LONGEST_RUN = timedelta(days=5)

days = st.dates(date(2019, 1, 1), date(2098, 12, 31))
pauses = st.integers(0, 400)

WORKED = [
    (date(2026, 3, 5), date(2026, 4, 5), date(2026, 4, 7), date(2026, 6, 5)),
    (date(2026, 8, 31), date(2026, 9, 30), date(2026, 9, 30), date(2026, 11, 30)),
    (date(2026, 10, 11), date(2026, 11, 11), date(2026, 11, 12), date(2027, 1, 11)),
    (date(2026, 11, 24), date(2026, 12, 24), date(2026, 12, 28), date(2027, 2, 24)),
    (date(2026, 12, 1), date(2027, 1, 1), date(2027, 1, 4), date(2027, 3, 1)),
    (date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 1), date(2027, 4, 28)),
    (date(2027, 2, 28), date(2027, 3, 28), date(2027, 3, 30), date(2027, 5, 28)),
    (date(2027, 4, 27), date(2027, 5, 27), date(2027, 5, 28), date(2027, 7, 27)),
    (date(2028, 1, 31), date(2028, 2, 29), date(2028, 2, 29), date(2028, 5, 2)),
]


@pytest.mark.parametrize(("received", "raw", "due", "extended"), WORKED, ids=[str(row[0]) for row in WORKED])
def test_worked_dates(received: date, raw: date, due: date, extended: date) -> None:
    assert months_after(received, 1) == raw
    assert due_date(received) == due
    assert Clock(received, extended=True).due == extended


def test_example_1_a_request_before_christmas() -> None:
    assert due_date(date(2026, 11, 24)) == date(2026, 12, 28)


def test_example_2_a_request_on_the_31st() -> None:
    assert due_date(date(2027, 1, 31)) == date(2027, 3, 1)
    assert Clock(date(2027, 1, 31), extended=True).due == date(2027, 4, 28)
    assert due_date(date(2028, 1, 31)) == date(2028, 2, 29)


def test_example_3_an_extension_needs_the_first_month_and_a_reason() -> None:
    clock = Clock(date(2026, 11, 24))
    with pytest.raises(ExtensionError, match="2026-12-28"):
        clock.extend(date(2026, 12, 29), ExtensionReason.COMPLEXITY)
    with pytest.raises(ExtensionError, match="reason"):
        clock.extend(date(2026, 12, 20), None)
    assert clock.extend(date(2026, 12, 20), ExtensionReason.COMPLEXITY).due == date(2027, 2, 24)


def test_an_extension_may_be_issued_from_the_first_day_to_the_last() -> None:
    clock = Clock(date(2026, 11, 24))
    for issued in (date(2026, 11, 24), date(2026, 12, 28)):
        assert clock.extend(issued, ExtensionReason.NUMBER).extended
    with pytest.raises(ExtensionError, match="first month"):
        clock.extend(date(2026, 11, 23), ExtensionReason.NUMBER)


def test_a_request_is_extended_once() -> None:
    extended = Clock(date(2026, 11, 24)).extend(date(2026, 12, 20), ExtensionReason.NUMBER)
    with pytest.raises(ExtensionError, match="once"):
        extended.extend(date(2026, 12, 21), ExtensionReason.NUMBER)


def test_a_pause_lengthens_the_time_for_an_extension() -> None:
    paused = Clock(date(2026, 11, 24), paused_days=10)
    assert paused.due == date(2027, 1, 4)
    assert paused.extend(date(2027, 1, 4), ExtensionReason.NUMBER).due == date(2027, 3, 8)


def test_paused_days_go_to_the_raw_date_before_the_shift() -> None:
    # raw 24 December (holiday) + 4 = Monday 28; added to the shifted date it would be Friday 1 January
    assert Clock(date(2026, 11, 24), paused_days=4).due == date(2026, 12, 28)
    assert Clock(date(2026, 11, 24), paused_days=5).due == date(2026, 12, 29)


def test_paused_days_of_an_extended_request_go_to_its_raw_date() -> None:
    # raw 29 April 2028 (Saturday) + 3 = Tuesday 2 May
    assert Clock(date(2028, 1, 31), paused_days=3, extended=True).due == date(2028, 5, 2)


def test_the_target_is_two_weeks_and_waits_with_a_pause() -> None:
    assert target_date(date(2026, 11, 24)) == date(2026, 12, 8)
    assert Clock(date(2026, 11, 24), paused_days=3).target == date(2026, 12, 11)


def test_a_pause_is_never_negative() -> None:
    with pytest.raises(ValueError, match="pause"):
        Clock(date(2026, 11, 24), paused_days=-1)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 23, 23, 30, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 23, 22, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 11, 24, 0, 0, tzinfo=WARSAW), date(2026, 11, 24)),
        (date(2026, 11, 24), date(2026, 11, 24)),
    ],
)
def test_the_day_of_receipt_is_the_one_in_warsaw(at: date, day: date) -> None:
    received = day_of_receipt(at)
    assert received == day
    assert type(received) is date


def test_a_moment_of_receipt_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        day_of_receipt(datetime(2026, 11, 24, 12, 0))  # noqa: DTZ001


def test_a_moment_gives_the_same_dates_as_its_day() -> None:
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    day = date(2026, 11, 24)
    assert (due_date(at), Clock(at, extended=True).due, target_date(at)) == (
        due_date(day),
        Clock(day, extended=True).due,
        target_date(day),
    )


# ── Holidays ────────────────────────────────────────────────────────────────────────────────────


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus of Meeus and Jones, as a second source."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    f = (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114
    return date(year, n // 31, n % 31 + 1)


def polish_holidays(year: int) -> set[date]:
    """The days off by the act of 18.01.1951, with Christmas Eve since 2025."""
    fixed = {(1, 1), (1, 6), (5, 1), (5, 3), (8, 15), (11, 1), (11, 11), (12, 25), (12, 26)}
    if year >= 2025:
        fixed.add((12, 24))
    moving = {easter(year) + timedelta(days=n) for n in (0, 1, 49, 60)}
    return moving | {date(year, month, day) for month, day in fixed}


@pytest.mark.parametrize("year", range(2019, 2099))
def test_holidays_of_every_year_agree_with_the_act(year: int) -> None:
    first = date(year, 1, 1)
    every = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    assert {day for day in every if day in POLAND} == polish_holidays(year)


def test_christmas_eve_is_a_holiday_since_2025() -> None:
    assert working_day(date(2024, 12, 24)) == date(2024, 12, 24)
    assert working_day(date(2025, 12, 24)) == date(2025, 12, 29)


def test_christmas_eve_moves_the_due_date_since_2025() -> None:
    assert due_date(date(2024, 11, 24)) == date(2024, 12, 24)
    assert due_date(date(2025, 11, 24)) == date(2025, 12, 29)


# ── Every day ───────────────────────────────────────────────────────────────────────────────────


@given(days)
def test_the_shift_is_the_shortest_to_a_working_day(day: date) -> None:
    end = working_day(day)
    passed = [day + timedelta(days=n) for n in range((end - day).days)]
    off = [d.weekday() >= 5 or d in polish_holidays(d.year) for d in (*passed, end)]
    assert off == [True] * len(passed) + [False]


@given(days)
def test_due_is_the_plain_month_and_at_most_the_longest_run_of_holidays(received: date) -> None:
    plain = months_after(received, 1)
    assert plain <= due_date(received) <= plain + LONGEST_RUN


@given(days)
def test_extended_is_safe_under_both_readings(received: date) -> None:
    from_receipt = months_after(received, 3)
    from_first_month = months_after(months_after(received, 1), 2)
    assert Clock(received, extended=True).due == working_day(min(from_receipt, from_first_month))


def test_the_longest_run_of_days_off_is_five() -> None:
    first = date(2019, 1, 1)
    every = [first + timedelta(days=n) for n in range(365 * 79)]
    assert max(working_day(day) - day for day in every) == LONGEST_RUN


@given(days, days, pauses, st.booleans())
def test_an_earlier_request_is_never_due_later(one: date, other: date, paused: int, extended: bool) -> None:
    early, late = (Clock(day, paused, extended) for day in sorted((one, other)))
    assert early.due <= late.due
    assert early.target <= late.target


@given(days, pauses, pauses, st.booleans())
def test_a_pause_never_shortens_and_adds_no_more_than_itself(
    received: date, paused: int, more: int, extended: bool
) -> None:
    clock = Clock(received, paused, extended)
    longer = replace(clock, paused_days=paused + more)
    assert clock.due <= longer.due <= clock.due + timedelta(days=more) + LONGEST_RUN
    assert longer.target - clock.target == timedelta(days=more)


@given(days, pauses)
def test_an_extension_adds_two_months_and_the_target_comes_first(received: date, paused: int) -> None:
    clock = Clock(received, paused)
    extended = replace(clock, extended=True)
    assert clock.target < clock.due < extended.due
    assert timedelta(days=59) - LONGEST_RUN <= extended.due - clock.due <= timedelta(days=62) + LONGEST_RUN


@given(days, pauses, st.integers(-40, 500), st.sampled_from(ExtensionReason))
def test_an_extension_is_accepted_exactly_inside_the_first_month(
    received: date, paused: int, offset: int, reason: ExtensionReason
) -> None:
    clock, issued = Clock(received, paused), received + timedelta(days=offset)
    if received <= issued <= clock.due:
        assert clock.extend(issued, reason) == replace(clock, extended=True)
    else:
        with pytest.raises(ExtensionError):
            clock.extend(issued, reason)
