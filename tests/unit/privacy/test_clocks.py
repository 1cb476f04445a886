"""The clock of a case: how it stands, what stops it, what extends it (examples 1 to 3 of the reference)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.privacy.cases import clock
from services.privacy.cases.clock import ClockRow, clock_state
from shared.law.case_clock import ExtensionReason
from shared.problems import Refused

RECEIVED = date(2026, 11, 24)
DUE = date(2026, 12, 28)
LONGEST_RUN = 7
"""So many days in a row are no working days at most."""
COMPLEX = ExtensionReason.COMPLEXITY


def received(day: date, **changes: Any) -> ClockRow:
    """The clock of a case that came on a day, in the afternoon."""
    at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    return replace(ClockRow("waiting", at, day, day, None).recomputed(), **changes)


def status(refused: pytest.ExceptionInfo[Refused]) -> tuple[int, list[str]]:
    """What it was refused with, and by which field."""
    return refused.value.problem.status, [error.field for error in refused.value.problem.errors]


@pytest.mark.parametrize(
    ("came", "due", "extended"),
    [
        (RECEIVED, DUE, date(2027, 2, 24)),
        (date(2027, 1, 31), date(2027, 3, 1), date(2027, 4, 28)),
        (date(2028, 1, 31), date(2028, 2, 29), date(2028, 5, 2)),
    ],
)
def test_the_days_of_the_examples(came: date, due: date, extended: date) -> None:
    row = received(came)
    assert row.due_on == due
    assert clock.extend(row, came, COMPLEX).due_on == extended


def test_an_extension_comes_within_the_first_month_and_once() -> None:
    row = received(RECEIVED)
    with pytest.raises(Refused) as late:
        clock.extend(row, date(2026, 12, 29), COMPLEX)
    assert status(late) == (409, ["due_on"])
    extended = clock.extend(row, date(2026, 12, 20), COMPLEX)
    assert (extended.due_on, extended.extended_on) == (date(2027, 2, 24), date(2026, 12, 20))
    with pytest.raises(Refused) as twice:
        clock.extend(extended, date(2026, 12, 21), ExtensionReason.NUMBER)
    assert status(twice) == (409, ["extended_on"])


@pytest.mark.parametrize(
    ("asked", "late_because", "stops"),
    [
        (RECEIVED, "", True),
        (date(2026, 11, 27), "", True),
        (date(2026, 11, 28), "", False),
        (date(2026, 12, 10), "", False),
        (date(2026, 12, 10), "the letter lay in another office", True),
    ],
)
def test_the_clock_stands_only_when_it_was_asked_in_time_or_with_a_reason(
    asked: date, late_because: str, stops: bool
) -> None:
    row = clock.ask(received(RECEIVED), asked, late_because)
    assert row.asked_on == asked
    assert row.paused_from == (asked if stops else None)
    answered = clock.answer(row, asked + timedelta(days=5), asked + timedelta(days=9))
    assert answered.paused_days == (5 if stops else 0)
    assert answered.due_on == (date(2026, 12, 29) if stops else DUE)
    assert (answered.asked_on, answered.paused_from) == (None, None)


def test_weekends_and_holidays_are_no_working_days() -> None:
    """Christmas Eve of 2026 is a Thursday: three working days later it is 30 December."""
    eve = date(2026, 12, 23)
    assert clock.stops_the_clock(eve, date(2026, 12, 30), "")
    assert not clock.stops_the_clock(eve, date(2026, 12, 31), "")


def test_five_days_of_waiting_move_the_last_day_by_five() -> None:
    """24 December and five: 29 December is a Tuesday."""
    answered = clock.answer(clock.ask(received(RECEIVED), RECEIVED), date(2026, 11, 29), date(2026, 11, 29))
    assert (answered.due_on, answered.target_on) == (date(2026, 12, 29), date(2026, 12, 13))


@pytest.mark.parametrize(
    ("answered", "today"),
    [(date(2026, 11, 24), date(2026, 11, 30)), (date(2026, 12, 1), date(2026, 11, 30))],
)
def test_no_answer_comes_before_its_question_or_tomorrow(answered: date, today: date) -> None:
    row = clock.ask(received(RECEIVED), date(2026, 11, 25))
    with pytest.raises(Refused) as refused:
        clock.answer(row, answered, today)
    assert status(refused) == (422, ["answered_on"])


def test_there_is_one_question_at_a_time() -> None:
    row = clock.ask(received(RECEIVED), RECEIVED)
    with pytest.raises(Refused) as twice:
        clock.ask(row, RECEIVED)
    assert status(twice) == (409, ["asked_on"])
    with pytest.raises(Refused) as unasked:
        clock.answer(received(RECEIVED), RECEIVED, RECEIVED)
    assert status(unasked) == (409, ["asked_on"])


@pytest.mark.parametrize(
    ("day", "changes", "state"),
    [
        (date(2026, 12, 24), {}, "on time"),
        (date(2026, 12, 25), {}, "due soon"),
        (DUE, {}, "due soon"),
        (date(2026, 12, 29), {}, "overdue"),
        (date(2026, 12, 29), {"extended_on": RECEIVED, "due_on": date(2027, 2, 24)}, "extended"),
        (date(2027, 2, 24), {"extended_on": RECEIVED, "due_on": date(2027, 2, 24)}, "due soon"),
        (date(2027, 6, 1), {"asked_on": RECEIVED, "paused_from": RECEIVED}, "on time"),
        (date(2027, 6, 1), {"asked_on": RECEIVED}, "overdue"),
        (date(2027, 6, 1), {"state": "ready"}, "ended"),
        (date(2027, 6, 1), {"closed_at": datetime(2026, 12, 1, tzinfo=UTC)}, "ended"),
    ],
)
def test_how_a_case_stands(day: date, changes: dict[str, Any], state: str) -> None:
    assert clock_state(received(RECEIVED, **changes), day) == state


@given(
    came=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    asked=st.integers(0, 3),
    waited=st.integers(0, 60),
)
def test_a_pause_never_restarts_the_clock_and_never_costs_a_day(came: date, asked: int, waited: int) -> None:
    row = received(came)
    day = came + timedelta(days=asked)
    answered = clock.answer(clock.ask(row, day, "a reason"), day + timedelta(days=waited), day + timedelta(days=waited))
    assert answered.target_on == row.target_on + timedelta(days=waited)
    assert row.due_on <= answered.due_on <= row.due_on + timedelta(days=waited + LONGEST_RUN)
