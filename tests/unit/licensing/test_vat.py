"""Where a sale is taxed and at which rate."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing.vat.rates import RATES, UNION
from services.licensing.vat.rules import SMALL_ABROAD, Tax, TaxPolicy, check_little_abroad, tax_of, vat_on
from shared.contracts.licensing import Treatment
from shared.problems import Refused


@pytest.mark.parametrize(
    ("country", "kind", "vat_number", "treatment", "rate"),
    [
        ("PL", "person", "", "domestic", 2300),
        ("PL", "company", "", "domestic", 2300),
        ("PL", "company", "DE136695976", "domestic", 2300),
        ("DE", "person", "", "oss", 1900),
        ("DE", "person", "DE136695976", "oss", 1900),
        ("DE", "company", "DE136695976", "reverse charge", 0),
        ("GR", "company", "EL094259216", "reverse charge", 0),
        ("GB", "sole trader", "XI980780684", "reverse charge", 0),
        ("SK", "person", "", "oss", 2300),
        ("FI", "person", "", "oss", 2550),
    ],
)
def test_where_a_sale_is_taxed(country: str, kind: str, vat_number: str, treatment: str, rate: int) -> None:
    tax = tax_of(TaxPolicy(), country, kind, vat_number, date(2026, 6, 15))
    assert (tax.treatment, tax.rate) == (treatment, rate)


def test_a_rate_holds_from_its_day() -> None:
    assert tax_of(TaxPolicy(), "SK", "person", "", date(2024, 12, 31)).rate == 2000
    assert tax_of(TaxPolicy(), "SK", "person", "", date(2025, 1, 1)).rate == 2300


def test_consumers_where_no_rate_is_known_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        tax_of(TaxPolicy(), "US", "person", "", date(2026, 6, 15))
    assert refused.value.problem.errors[0].field == "country"


@pytest.mark.parametrize(
    ("country", "vat_number", "field"),
    [
        ("DE", "", "vat_number"),
        ("DE", "9222828810", "vat_number"),
        ("DE", "DE136695977", "vat_number"),
        ("FR", "DE136695976", "vat_number"),
        ("GB", "EL094259216", "vat_number"),
        ("US", "", "vat_number"),
        ("US", "DE136695976", "vat_number"),
        ("XX", "DE136695976", "country"),
        ("ZZ", "", "country"),
        ("XI", "XI980780684", "country"),
        ("EL", "EL094259216", "country"),
    ],
)
def test_nobody_goes_without_vat_by_declaration(country: str, vat_number: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        tax_of(TaxPolicy(), country, "company", vat_number, date(2026, 6, 15))
    assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (422, field)


@given(net=st.integers(1, 10**9), rate=st.sampled_from([0, 1900, 2000, 2100, 2300]))
def test_vat_is_rounded_to_the_nearest_grosz(net: int, rate: int) -> None:
    assert abs(vat_on(net, rate) * 10_000 - net * rate) <= 5000


PAGE = Path(__file__).parents[3] / "docs" / "vat.md"
ROW = re.compile(r"\| (\w+)(, sells to CH)?(, without OSS)? \| (..) (\w+)( with a number)? \| (.+?) \| (\d*) ?\|")
NUMBERS = {"DE": "DE136695976", "CH": "CHE107787577IVA"}


def test_the_page_tells_how_each_buyer_is_taxed() -> None:
    """The table of the decision, line by line."""
    rows = [found.groups() for found in map(ROW.fullmatch, PAGE.read_text().splitlines()) if found]
    assert len(rows) == 15
    for seller, outside, without_oss, country, kind, numbered, treatment, percent in rows:
        policy = TaxPolicy(seller == "exempt", not without_oss, frozenset({"CH"} if outside else ()))
        number = NUMBERS[country] if numbered else ""
        if field := re.fullmatch("refused: `(.*)`", treatment):
            with pytest.raises(Refused) as refused:
                tax_of(policy, country, kind, number, date(2026, 6, 15))
            assert refused.value.problem.errors[0].field == field.group(1)
        else:
            tax = tax_of(policy, country, kind, number, date(2026, 6, 15))
            assert (tax.treatment, tax.rate) == (treatment, int(percent) * 100)


OUTSIDE = st.sampled_from([frozenset[str](), frozenset({"CH", "US"})])
POLICIES = st.builds(TaxPolicy, st.booleans(), st.booleans(), OUTSIDE)


@given(POLICIES, st.sampled_from(sorted(UNION)))
def test_consumers_of_the_union_pay_the_vat_of_one_of_two_countries(policy: TaxPolicy, country: str) -> None:
    day = date(2026, 11, 29)
    tax = tax_of(policy, country, "person", "", day)
    abroad = policy.oss and country != "PL"
    assert tax.treatment == ("oss" if abroad else "exempt" if policy.exempt else "domestic")
    assert (tax.rate == 0) == (tax.treatment == "exempt")
    assert tax.rate in {0, *(row.rate for row in RATES if row.country in (country, "PL"))}


def test_the_rates_are_those_of_the_union_and_somebody_looks_at_them() -> None:
    assert len(UNION) == 27
    for country in UNION:
        newest = max((row for row in RATES if row.country == country), key=lambda row: row.valid_from)
        assert 1500 <= newest.rate <= 2700  # Directive 2006/112/EC Art. 97: 15 % at least
        assert newest.verified_on, country
        assert (date.today() - newest.verified_on).days < 730, country  # noqa: DTZ011 any day of the machine


@pytest.mark.parametrize(
    ("treatment", "country", "refused"),
    [("domestic", "DE", True), ("exempt", "DE", True), ("domestic", "PL", False), ("oss", "DE", False)],
)
def test_little_is_sold_abroad_under_our_own_tax(treatment: Treatment, country: str, refused: bool) -> None:
    check_little_abroad(Tax(treatment, 2300), country, 100, SMALL_ABROAD - 100)
    if not refused:
        check_little_abroad(Tax(treatment, 2300), country, 100, SMALL_ABROAD)
        return
    with pytest.raises(Refused) as raised:
        check_little_abroad(Tax(treatment, 2300), country, 100, SMALL_ABROAD - 99)
    assert raised.value.problem.errors[0].field == "country"
