"""Where a sale is taxed and at which rate."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.licensing import vat
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
    ],
)
def test_where_a_sale_is_taxed(country: str, kind: str, vat_number: str, treatment: str, rate: int) -> None:
    tax = vat.tax_of(country, kind, vat_number, date(2026, 6, 15))
    assert (tax.treatment, tax.rate) == (treatment, rate)


def test_a_rate_holds_from_its_day() -> None:
    assert vat.tax_of("SK", "person", "", date(2024, 12, 31)).rate == 2000
    assert vat.tax_of("SK", "person", "", date(2025, 1, 1)).rate == 2300


def test_consumers_where_no_rate_is_known_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        vat.tax_of("US", "person", "", date(2026, 6, 15))
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
        vat.tax_of(country, "company", vat_number, date(2026, 6, 15))
    assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (422, field)


@given(net=st.integers(1, 10**9), rate=st.sampled_from([0, 1900, 2000, 2100, 2300]))
def test_vat_is_rounded_to_the_nearest_grosz(net: int, rate: int) -> None:
    assert abs(vat.vat_on(net, rate) * 10_000 - net * rate) <= 5000
