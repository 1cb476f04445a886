"""What a refund takes of an order, and which can be taken back."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing.payments import rules
from services.licensing.payments.rules import Refund
from services.licensing.vat.rules import vat_on
from shared.problems import Refused
from tests.unit.licensing.data import NOON, order


@given(st.integers(2, 100), st.integers(1000, 10**6), st.sampled_from([0, 1900, 2100, 2300]), st.data())
def test_seats_whose_price_went_back_are_gone(quantity: int, net: int, rate: int, data: st.DataObject) -> None:
    """Whether the price of some seats is rounded as their share of the gross amount, or with VAT of their own."""
    total = net * quantity
    sold = order(quantity=quantity, net=total, gross=total + vat_on(total, rate))
    taken = data.draw(st.integers(1, quantity - 1))
    share = round(sold.gross * taken / quantity)
    for amount in (share, net * taken + vat_on(net * taken, rate)):
        assert rules.seats_left(sold, amount) == quantity - taken
        assert rules.devices_of(sold, rules.seats_left(sold, amount)) == 3 * (quantity - taken)


def test_a_discount_takes_no_seat_and_the_last_one_stays() -> None:
    many = order(quantity=100, net=100_000, vat=23_000, gross=123_000)
    assert [rules.seats_left(many, refunded) for refunded in (0, 1, 1_228, 1_230, 121_770)] == [100, 100, 100, 99, 1]
    assert rules.seats_left(many, 122_999) == 1
    assert rules.seats_left(order(), 12_299) == 1


def test_only_money_that_is_here_can_be_kept() -> None:
    refund = Refund(uuid4(), None, uuid4(), "ref_1", 100, NOON.date(), is_here=True)
    rules.check_undoing(refund, withdrawn=False)
    for known, withdrawn in ((refund, True), (replace(refund, is_here=False), False)):
        with pytest.raises(Refused) as refused:
            rules.check_undoing(known, withdrawn=withdrawn)
        assert refused.value.problem.status == 409


def test_no_more_seats_than_were_ordered() -> None:
    rules.check_seats(order(state="paid", quantity=5), 5)
    for sold, status in ((order(state="paid", quantity=5), 422), (order(quantity=5), 409)):
        with pytest.raises(Refused) as refused:
            rules.check_seats(sold, 6)
        assert refused.value.problem.status == status
