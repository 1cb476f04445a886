"""Countries and tax numbers: what can be one at all."""

import pytest

from shared.law import tax_numbers


@pytest.mark.parametrize("code", ["PL", "DE", "GR", "GB", "US", "SS"])
def test_a_country_is_one_of_iso_3166(code: str) -> None:
    assert tax_numbers.is_country(code)


@pytest.mark.parametrize("code", ["XX", "ZZ", "EL", "XI", "EU", "UK", "SU", "AN", "AA", "QM", "pl", "", "POL"])
def test_what_looks_like_a_country_and_is_none_is_told(code: str) -> None:
    assert not tax_numbers.is_country(code)


@pytest.mark.parametrize("typed", ["9222828810", "922-28-28-810", "PL 922 282 88 10", "5260250274"])
def test_a_nip_is_ten_digits_however_it_is_typed(typed: str) -> None:
    assert tax_numbers.nip(typed) in ("9222828810", "5260250274")


@pytest.mark.parametrize(
    "typed", ["0000000000", "0123456789", "1001231236", "9222828811", "922282881", "", "DE136695976"]
)
def test_a_nip_that_no_office_gives_is_none(typed: str) -> None:
    assert tax_numbers.nip(typed) is None


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("DE", "DE136695976", "DE136695976"),
        ("DE", "136 695 976", "DE136695976"),
        ("DE", "de 136.695.976", "DE136695976"),
        ("FR", "FR 61 954 506 077", "FR61954506077"),
        ("AT", "ATU57194903", "ATU57194903"),
        ("GR", "EL094259216", "EL094259216"),
        ("GR", "GR 094259216", "EL094259216"),
        ("GR", "094259216", "EL094259216"),
        ("GB", "XI980780684", "XI980780684"),
        ("GB", "GB980780684", "GB980780684"),
        ("GB", "980 7806 84", "GB980780684"),
        ("CH", "CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("MC", "FR53000004605", "FR53000004605"),
        ("NO", "NO 995 525 828 MVA", "NO995525828MVA"),
    ],
)
def test_a_vat_number_is_written_with_its_prefix(country: str, typed: str, written: str) -> None:
    assert tax_numbers.vat_number(country, typed) == written
    assert tax_numbers.vat_number(country, written) == written


@pytest.mark.parametrize(
    ("country", "typed"),
    [
        ("DE", "DE136695977"),  # its check digit
        ("DE", "9222828810"),  # a NIP
        ("DE", "PL9222828810"),
        ("DE", "FR61954506077"),
        ("FR", "DE136695976"),
        ("DE", "XI980780684"),
        ("IE", "XI980780684"),
        ("GB", "EL094259216"),
        ("GR", "EL094259217"),
        ("GR", "EL000000000"),
        ("GB", "GB000000000"),
        ("GB", "XI000000000"),
        ("ES", "U00000000"),
        ("BG", "BG000000000"),
        ("DE", ""),
        ("DE", "DE"),
        ("US", "12-3456789"),
        ("XX", "DE136695976"),
        ("XI", "XI980780684"),
        ("EL", "EL094259216"),
        ("", "DE136695976"),
    ],
)
def test_a_number_of_another_country_or_of_nobody_is_none(country: str, typed: str) -> None:
    assert tax_numbers.vat_number(country, typed) is None


def test_where_numbers_can_not_be_checked_is_told() -> None:
    assert not tax_numbers.has_vat_numbers("US")
    assert tax_numbers.has_vat_numbers("GR")
