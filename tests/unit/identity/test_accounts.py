"""Which party an account may be, and what a correction changes."""

from uuid import uuid4

import pytest

from services.identity.accounts.rules import changed_fields, check_party, corrected, written_nip
from shared.contracts import identity
from shared.problems import Refused

NIP = "9222828810"


@pytest.mark.parametrize(
    ("kind", "company", "nip", "wrong"),
    [
        ("company", "", NIP, ["company"]),
        ("company", "Firma", "", ["nip"]),
        ("company", "", "", ["company", "nip"]),
        ("company", "Firma", "9222828811", ["nip"]),
        ("sole trader", "", "", ["nip"]),
        ("sole trader", "", "922282881", ["nip"]),
        ("person", "", "123", ["nip"]),
    ],
)
def test_a_party_that_does_not_do_is_told_by_field(kind: str, company: str, nip: str, wrong: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        check_party(kind, company, nip)
    assert [e.field for e in refused.value.problem.errors] == wrong
    assert not nip or nip not in refused.value.problem.model_dump_json()


@pytest.mark.parametrize(
    ("kind", "company", "nip"), [("person", "", ""), ("sole trader", "", "922-28-28-810"), ("company", "Firma", NIP)]
)
def test_a_complete_party_passes(kind: str, company: str, nip: str) -> None:
    check_party(kind, company, nip)


def test_a_nip_is_written_in_ten_digits() -> None:
    assert written_nip("922-28-28-810") == NIP
    assert written_nip("") == ""


def test_a_correction_leaves_out_what_was_not_given() -> None:
    before = identity.Profile(
        email="a@example.com", full_name="Anna", street="Polna 1", postal_code="", city="", country="PL",
        phone="", kind="sole trader", company="", nip=NIP, language="pl",
    )  # fmt: skip
    request = identity.ChangeProfile(subject_id=uuid4(), street="", nip="922-28-28-810", city="Łódź")
    after = corrected(before, request)
    assert after == before.model_copy(update={"street": "", "city": "Łódź"})
    assert changed_fields(before, after) == ("street", "city")
