"""What an order is and what may become of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing.orders import rules as orders
from shared.contracts.licensing import OrderState
from shared.problems import Refused
from tests.unit.licensing.data import NOON, POLICY, PRODUCT, TERMS, facts, order, request


def test_a_draft_is_priced_for_its_buyer() -> None:
    draft = orders.draft(request(quantity=2), PRODUCT, facts(country="DE"), TERMS, NOON)
    assert (draft.price.net, draft.price.vat, draft.policy, draft.tax.treatment) == (20_000, 3_800, POLICY, "oss")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"accepts_terms": False}, "accepts_terms"),
        ({"wants_immediate_delivery": False}, "wants_immediate_delivery"),
        ({"knows_withdrawal_lapses": False}, "knows_withdrawal_lapses"),
        ({"pay_by": "transfer"}, "pay_by"),
        ({"ip": "not an address"}, "ip"),
        ({"terms_version": "2025-12"}, "terms_version"),
        ({"terms_version": "2026-1"}, "terms_version"),
        ({"terms_version": "2026-01 "}, "terms_version"),
    ],
)
def test_an_order_that_breaks_a_rule_names_the_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        orders.draft(request(**changed), PRODUCT, facts(), TERMS, NOON)
    assert refused.value.problem.errors[0].field == field


def test_an_order_may_come_from_an_address_that_nobody_told() -> None:
    assert orders.draft(request(ip=""), PRODUCT, facts(), TERMS, NOON).ip is None
    assert orders.draft(request(ip="2001:DB8::1"), PRODUCT, facts(), TERMS, NOON).ip == "2001:db8::1"


def test_a_business_needs_no_consumer_declarations() -> None:
    plain = request(wants_immediate_delivery=False, knows_withdrawal_lapses=False, pay_by="transfer")
    assert (
        orders.draft(plain, PRODUCT, facts(kind="company", company="Firma", nip="9222828810"), TERMS, NOON).price.vat
        == 2300
    )


@given(st.lists(st.sampled_from(["invoiced", "paid", "refunded", "cancelled"]), max_size=6))
def test_an_order_is_never_cancelled_once_it_was_delivered(driver: list[OrderState]) -> None:
    state: OrderState = "open"
    delivered = False
    for step in driver:
        try:
            orders.check_step(state, step)
        except Refused:
            continue
        state = step
        delivered = delivered or state in ("invoiced", "paid")
    assert not (delivered and state == "cancelled")
    assert not (state == "refunded" and not delivered)


def test_a_refund_is_full_when_nothing_is_left_and_never_more() -> None:
    sold = order(gross=100, refunded=40)
    assert not orders.is_full_refund(sold, 59)
    assert orders.is_full_refund(sold, 60)
    with pytest.raises(Refused) as refused:
        orders.is_full_refund(sold, 61)
    assert refused.value.problem.errors[0].field == "amount"
