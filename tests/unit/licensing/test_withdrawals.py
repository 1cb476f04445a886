"""Who may withdraw from a contract, and until when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing.agreements.rules import Agreement
from services.licensing.withdrawals import rules
from shared.contracts.licensing import Obstacle
from shared.law.calendar import WARSAW
from tests.unit.licensing.data import NOON, order

HOUR = timedelta(hours=1)
PAID = order(state="paid", paid_at=NOON)


def agreement(**changed: Any) -> Agreement:
    """What a consumer agreed to who was written to and has not seen the key."""
    agreed = Agreement(uuid4(), "2026-01", "0" * 64, True, NOON, NOON, NOON, NOON + HOUR, None)
    return replace(agreed, **changed)


@pytest.mark.parametrize(
    ("concluded", "last"),
    [
        ("2026-11-16T12:00+01:00", "2026-11-30"),
        ("2026-11-14T12:00+01:00", "2026-11-30"),  # the 28th is a Saturday
        ("2026-11-15T23:59+01:00", "2026-11-30"),  # the 29th is a Sunday
        ("2026-12-10T12:00+01:00", "2026-12-28"),  # Christmas Eve, and what follows until Monday
        ("2026-03-22T12:00+01:00", "2026-04-07"),  # Easter Sunday and Monday
        ("2026-06-15T22:30+00:00", "2026-06-30"),  # already the 16th in Warsaw
        ("2026-10-24T12:00+02:00", "2026-11-09"),
    ],
)
def test_the_last_day_is_counted_in_warsaw_and_moves_off_holidays(concluded: str, last: str) -> None:
    assert rules.last_day(datetime.fromisoformat(concluded)) == date.fromisoformat(last)


def test_the_last_day_is_whole() -> None:
    last = datetime(2026, 6, 29, 23, 59, 59, tzinfo=WARSAW)
    assert rules.obstacle(PAID, agreement(), last) == ""
    assert rules.obstacle(PAID, agreement(), last + timedelta(seconds=1)) == "too late"


@given(st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 hypothesis
def test_nobody_has_less_than_fourteen_whole_days(concluded: datetime) -> None:
    last = rules.last_day(concluded)
    assert last - concluded.astimezone(WARSAW).date() >= timedelta(days=14)
    assert last.weekday() < 5


@pytest.mark.parametrize(
    ("changed", "obstacle"),
    [
        ({}, ""),
        ({"begun_at": NOON + 2 * HOUR}, "right lost"),
        ({"begun_at": NOON + HOUR}, "right lost"),
        ({"begun_at": NOON}, ""),  # shown before the letter
        ({"begun_at": NOON, "confirmed_at": None}, ""),
        ({"begun_at": NOON + 2 * HOUR, "immediate_delivery_at": None}, ""),
        ({"begun_at": NOON + 2 * HOUR, "withdrawal_waived_at": None}, ""),
        ({"consumer": False}, "not a consumer"),
    ],
)
def test_the_right_is_lost_by_declarations_confirmed_before_the_key(
    changed: dict[str, Any], obstacle: Obstacle
) -> None:
    assert rules.obstacle(PAID, agreement(**changed), NOON + 3 * HOUR) == obstacle


def test_what_is_undone_already_is_not_withdrawn_from() -> None:
    for state in ("refunded", "cancelled"):
        assert rules.obstacle(order(state=state), agreement(), NOON) == "nothing to withdraw from"
    assert set(rules.SENTENCES) == {"nothing to withdraw from", "not a consumer", "too late", "right lost"}


def test_all_that_is_left_goes_back_by_the_way_it_came() -> None:
    stated = rules.withdrawal(order(state="paid", refunded=2_300), NOON)
    assert (stated.amount, stated.back_by, stated.refund_by) == (10_000, "card", date(2026, 6, 29))
    assert rules.withdrawal(order(state="paid", pay_by="transfer"), NOON).back_by == "transfer"
    for unpaid in (order(), order(state="invoiced", pay_by="transfer"), order(state="paid", refunded=12_300)):
        assert (rules.withdrawal(unpaid, NOON).amount, rules.withdrawal(unpaid, NOON).back_by) == (0, "nothing")
