"""What an invoice says, and how long the papers of a sale are kept."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing.invoices import rules as invoices
from services.licensing.invoices.rules import Correction
from services.licensing.vat.rules import vat_on
from tests.unit.licensing.data import order

IBAN = "PL61109010140000071219812874"


@given(data=st.data(), net=st.integers(1, 10**7), rate=st.sampled_from([0, 1900, 2100, 2300]))
def test_the_parts_of_many_refunds_add_up_to_the_invoice(data: st.DataObject, net: int, rate: int) -> None:
    gross = net + vat_on(net, rate)
    sold = order(net=net, vat=gross - net, gross=gross)
    corrections: list[Correction] = []
    while sold.refunded < gross:
        left = gross - sold.refunded
        amount = data.draw(st.integers(1, left)) if len(corrections) < 5 else left
        corrections.append(invoices.correction(sold, amount))
        sold = replace(sold, refunded=sold.refunded + amount)
    assert sum(correction.net for correction in corrections) == net
    assert sum(correction.vat for correction in corrections) == gross - net
    assert all(each.net >= 0 and each.gross == each.net + each.vat for each in corrections)


def test_numbers_and_dates_of_an_invoice() -> None:
    assert invoices.number("FV", date(2026, 11, 22), 1) == "FV/2026/11/0001"
    assert invoices.paid(date(2026, 11, 22)).settled_on == date(2026, 11, 22)
    on_account = invoices.on_account(date(2026, 11, 22), 14, IBAN)
    assert (on_account.due_on, on_account.settled_on) == (date(2026, 12, 6), None)


@pytest.mark.parametrize(
    ("treatment", "sold", "until"),
    [
        ("domestic", date(2026, 6, 15), date(2032, 12, 31)),
        ("domestic", date(2026, 12, 15), date(2032, 12, 31)),
        ("oss", date(2026, 9, 1), date(2036, 12, 31)),
    ],
)
def test_until_when_the_papers_of_a_sale_are_kept(treatment: str, sold: date, until: date) -> None:
    retention = invoices.retention(order(vat_treatment=treatment), sold)
    assert (retention.until, retention.exemptions) == (until, ("GDPR Art. 17(3)(b)",))
