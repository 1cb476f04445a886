"""What an order costs before it is placed."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing import quotes
from services.licensing.orders.rules import draft
from services.licensing.vat.rules import PROVISIONS, SMALL_ABROAD, TaxPolicy
from shared.contracts import licensing
from shared.problems import Refused
from tests.unit.licensing.data import NOON, POLICY, PRODUCT, TERMS, facts, request

SALES = Path(__file__).parents[3] / "docs" / "sales.md"
DAY = date(2026, 6, 15)
BUYERS = st.sampled_from(
    [("PL", "person", ""), ("DE", "person", ""), ("PL", "company", ""), ("DE", "company", "DE136695976")]
)


@given(BUYERS, st.integers(1, 100))
def test_a_quote_is_what_the_order_costs(who: tuple[str, str, str], quantity: int) -> None:
    country, kind, vat_number = who
    asked = licensing.QuoteOrder(
        product=POLICY.product, quantity=quantity, country=country, kind=kind, vat_number=vat_number
    )
    quote = quotes.quote(asked, PRODUCT, TaxPolicy(), 0, DAY)
    firm = {"company": "Firma", "nip": "9222828810"} if kind != "person" else {}
    profile = facts(country=country, kind=kind, vat_number=vat_number, **firm)
    ordered = draft(request(quantity=quantity, expected_gross=quote.gross), PRODUCT, profile, TERMS, NOON)
    assert (ordered.price.net, ordered.price.vat, ordered.price.gross) == (quote.net, quote.vat, quote.gross)
    assert (ordered.tax.treatment, ordered.tax.rate) == (quote.taxation, quote.vat_rate)
    assert quote.provisions
    for other in (quote.gross - 1, quote.gross + 1):
        with pytest.raises(Refused) as refused:
            draft(request(quantity=quantity, expected_gross=other), PRODUCT, profile, TERMS, NOON)
        assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (409, "expected_gross")


@pytest.mark.parametrize(
    ("policy", "country", "taxation", "older"),
    [
        (TaxPolicy(exempt=True), "PL", "exempt", "domestic"),
        (TaxPolicy(outside=frozenset({"CH"})), "CH", "outside the EU", "reverse charge"),
    ],
)
def test_older_readers_are_told_in_their_words(policy: TaxPolicy, country: str, taxation: str, older: str) -> None:
    quote = quotes.quote(licensing.QuoteOrder(product=POLICY.product, country=country), PRODUCT, policy, 0, DAY)
    assert (quote.taxation, quote.treatment, quote.vat_rate) == (taxation, older, 0)


def test_a_quote_refuses_what_an_order_would() -> None:
    asked = licensing.QuoteOrder(product=POLICY.product, country="DE")
    with pytest.raises(Refused) as refused:
        quotes.quote(asked, PRODUCT, TaxPolicy(oss=False), SMALL_ABROAD, DAY)
    assert refused.value.problem.errors[0].field == "country"


def test_the_catalogue_shows_what_a_consumer_pays() -> None:
    german = quotes.offered(PRODUCT, "DE", TaxPolicy(), DAY)
    assert (german.gross, german.vat_rate) == (11_900, 1900)
    assert quotes.offered(PRODUCT, "PL", TaxPolicy(), DAY).gross == 12_300
    assert quotes.offered(PRODUCT, "", TaxPolicy(), DAY).gross is None
    with pytest.raises(Refused) as refused:
        quotes.offered(PRODUCT, "US", TaxPolicy(), DAY)
    assert refused.value.problem.errors[0].field == "country"


def test_the_page_tells_why_a_sale_is_taxed_so() -> None:
    begin = tuple(f"| {treatment} |" for treatment in PROVISIONS)
    rows = [line.split("|") for line in SALES.read_text().splitlines() if line.startswith(begin)]
    told = {row[1].strip(): tuple(row[3].strip().split("; ")) for row in rows}
    assert told == dict(PROVISIONS)
