"""What proves where a buyer is."""

from datetime import date
from pathlib import Path

import pytest

from services.licensing.vat.countries import nowhere, opened
from services.licensing.vat.location import Location, check_location, needs_evidence
from services.licensing.vat.rules import Tax, TaxPolicy, tax_of
from shared.problems import Refused
from tests.countries import GERMAN, SWISS, UNKNOWN, written

DAY = date(2026, 11, 29)
POLICY = TaxPolicy(outside=frozenset({"CH"}))
EXEMPT = TaxPolicy(exempt=True)


def field(policy: TaxPolicy, kind: str, location: Location, vat_number: str = "") -> str:
    """What a buyer is refused for (422), empty for one who is believed."""
    tax = tax_of(policy, location.country, kind, vat_number, DAY)
    try:
        check_location(policy, tax, kind, location, DAY)
    except Refused as refused:
        return refused.problem.errors[0].field if refused.problem.status == 422 else str(refused)
    return ""


@pytest.mark.parametrize(
    ("location", "refused"),
    [
        (Location("PL", "PL"), ""),
        (Location("DE", ""), ""),
        (Location("DE", "FR"), "confirms_country"),
        (Location("DE", "FR", confirmed=True), ""),
        (Location("PL", "CH"), "confirms_country"),
        (Location("PL", "XX", confirmed=True), ""),
        (Location("CH", "CH"), ""),
        (Location("CH", ""), "country"),
        (Location("CH", "PL"), "country"),
        (Location("CH", "PL", confirmed=True), "country"),
        (Location("CH", "US", confirmed=True), "country"),
    ],
)
def test_a_consumer_is_believed_where_two_items_agree(location: Location, refused: str) -> None:
    assert field(POLICY, "person", location) == refused


def test_nobody_is_freed_from_vat_by_his_own_word() -> None:
    """A German says that he lives where an exempt seller sells without VAT; a Pole in Switzerland does no harm."""
    assert field(EXEMPT, "person", Location("PL", "DE", confirmed=True)) == "country"
    assert field(EXEMPT, "person", Location("PL", "CH", confirmed=True)) == ""
    assert field(EXEMPT, "person", Location("PL", "CH")) == "confirms_country"


def test_businesses_are_known_by_their_numbers() -> None:
    assert field(POLICY, "company", Location("PL", "DE")) == ""
    assert field(POLICY, "company", Location("DE", "PL"), "DE136695976") == ""
    assert field(POLICY, "company", Location("CH", "PL")) == "country"


@pytest.mark.parametrize(
    ("tax", "country", "kept"),
    [
        (Tax("oss", 1900), "DE", True),
        (Tax("domestic", 2300), "DE", True),
        (Tax("exempt", 0), "DE", True),
        (Tax("outside the EU", 0), "CH", True),
        (Tax("domestic", 2300), "PL", False),
        (Tax("exempt", 0), "PL", False),
        (Tax("reverse charge", 0), "DE", False),
    ],
)
def test_what_proves_a_sale_abroad_is_kept(tax: Tax, country: str, kept: bool) -> None:
    assert needs_evidence(tax, country) == kept


def test_addresses_are_looked_up_in_a_file(tmp_path: Path) -> None:
    locate = opened(written(tmp_path / "countries.mmdb"))
    addresses = (GERMAN, SWISS, UNKNOWN, "127.0.0.1", "2001:db8::1", "", "no address")
    assert [locate(address) for address in addresses] == ["DE", "CH", "", "", "", "", ""]
    assert opened("") is nowhere
    assert nowhere("203.0.113.7") == ""
