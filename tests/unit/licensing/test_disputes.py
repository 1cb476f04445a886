"""What follows from each step of a dispute, in any order."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from services.licensing.payments.dispute_rules import (
    LOST_LATE,
    NOTHING,
    OF_OTHER_MONEY,
    OF_REFUNDED,
    WON_LATE,
    Decision,
    Dispute,
    State,
    decide,
)
from services.licensing.payments.provider import Kind, Notification
from services.licensing.payments.store import Payment
from shared.clock import now
from tests.unit.licensing.data import order

ORDER = order(state="paid", gross=49077)
PAYMENT = Payment(uuid4(), ORDER.subject_id, ORDER.order_id, "a provider", "pay_1", 49077, "confirmed", now())
OPEN, WIN, LOSE = Decision("open"), Decision("win"), Decision("lose")


def told(kind: Kind, **changed: Any) -> Notification:
    return replace(Notification("evt_1", kind, "pay_1", 49077, "PLN", dispute="dp_1"), **changed)


def known(state: State, **changed: Any) -> Dispute:
    return replace(Dispute(uuid4(), PAYMENT.payment_id, "dp_1", 49077, state), **changed)


STEPS: list[tuple[Kind, State | None, Decision]] = [
    ("dispute.opened", None, OPEN),
    ("dispute.opened", "open", NOTHING),
    ("dispute.opened", "won", NOTHING),
    ("dispute.opened", "lost", NOTHING),
    ("dispute.won", None, WIN),
    ("dispute.won", "open", WIN),
    ("dispute.won", "won", NOTHING),
    ("dispute.won", "lost", WON_LATE),
    ("dispute.lost", None, LOSE),
    ("dispute.lost", "open", LOSE),
    ("dispute.lost", "won", LOST_LATE),
    ("dispute.lost", "lost", NOTHING),
]


@pytest.mark.parametrize(("kind", "before", "decision"), STEPS)
def test_each_step_after_each_other(kind: Kind, before: State | None, decision: Decision) -> None:
    assert decide(told(kind), known(before) if before else None, ORDER, PAYMENT) == decision


@pytest.mark.parametrize("kind", ["dispute.opened", "dispute.lost"])
@pytest.mark.parametrize("wrong", [{"currency": "EUR"}, {"amount": 0}, {"amount": -1}, {"amount": 49078}])
def test_other_money_is_a_case(kind: Kind, wrong: dict[str, Any]) -> None:
    assert decide(told(kind, **wrong), None, ORDER, PAYMENT) == OF_OTHER_MONEY
    partly = replace(ORDER, refunded=1)
    assert decide(told(kind), None, partly, PAYMENT) == OF_OTHER_MONEY
    assert decide(told(kind, amount=49076), None, partly, PAYMENT).step in ("open", "lose")


@pytest.mark.parametrize("kind", ["dispute.opened", "dispute.lost"])
def test_a_refunded_payment_is_a_case(kind: Kind) -> None:
    refunded, gone = replace(ORDER, state="refunded", refunded=49077), replace(PAYMENT, state="refunded")
    assert decide(told(kind), None, refunded, gone) == OF_REFUNDED


@pytest.mark.parametrize("kind", ["dispute.opened", "dispute.won", "dispute.lost"])
@pytest.mark.parametrize("before", ["open", "won", "lost"])
def test_the_dispute_of_another_payment_is_a_case(kind: Kind, before: State) -> None:
    assert decide(told(kind), known(before, payment_id=uuid4()), ORDER, PAYMENT) == OF_OTHER_MONEY
