"""Which party an account may be, and what a correction changes."""

from uuid import uuid4

import pytest

from services.identity.accounts.rules import Party, changed_fields, check_party, corrected, written_nip
from shared.contracts import identity
from shared.problems import Refused

NIP = "9222828810"


def party(kind: str, **details: str) -> Party:
    return Party(kind=kind, **({"company": "", "country": "PL", "nip": "", "vat_number": ""} | details))


@pytest.mark.parametrize(
    ("wrong", "refused_party"),
    [
        (["company"], party("company", nip=NIP)),
        (["nip"], party("company", company="Firma")),
        (["company", "nip"], party("company")),
        (["nip"], party("company", company="Firma", nip="9222828811")),
        (["nip"], party("sole trader")),
        (["nip"], party("sole trader", nip="922282881")),
        (["nip"], party("person", nip="123")),
        (["nip"], party("sole trader", nip="0000000000")),
        (["nip"], party("sole trader", country="DE", nip="0000000000", vat_number="DE136695976")),
        (["country"], party("person", country="ZZ")),
        (["country"], party("person", country="EL")),
        (["country"], party("sole trader", country="XX", nip=NIP)),
        (["country"], party("company", company="Firma", country="XI", vat_number="XI980780684")),
        (["vat_number"], party("company", company="Firma", country="DE", nip=NIP)),
        (["vat_number"], party("sole trader", country="DE", vat_number="DE136695977")),
        (["vat_number"], party("sole trader", country="DE", vat_number=f"PL{NIP}")),
        (["vat_number"], party("sole trader", country="GR", vat_number="DE136695976")),
        (["vat_number"], party("sole trader", country="US", vat_number="12-3456789")),
        (["vat_number"], party("person", country="DE", vat_number="DE000000000")),
        (["vat_number"], party("sole trader", nip=NIP, vat_number="DE136695976")),
        (["nip", "vat_number"], party("sole trader", vat_number=f"PL{NIP}")),
    ],
)
def test_a_party_that_does_not_do_is_told_by_field(wrong: list[str], refused_party: Party) -> None:
    with pytest.raises(Refused) as refused:
        check_party(refused_party)
    assert [e.field for e in refused.value.problem.errors] == wrong
    for number in (refused_party.nip, refused_party.vat_number):
        assert not number or number not in refused.value.problem.model_dump_json()


@pytest.mark.parametrize(
    "complete",
    [
        party("person"),
        party("person", country="US"),
        party("sole trader", nip="922-28-28-810"),
        party("company", company="Firma", nip=NIP),
        party("company", company="GmbH", country="DE", vat_number="DE 136 695 976"),
        party("company", company="GmbH", country="DE", vat_number="DE136695976", nip=NIP),
        party("sole trader", country="GR", vat_number="EL094259216"),
        party("sole trader", country="GB", vat_number="XI980780684"),
        party("person", country="DE", vat_number="136695976"),
    ],
)
def test_a_complete_party_passes(complete: Party) -> None:
    check_party(complete)


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


STORED = {
    "email": "a@example.com", "full_name": "Anna", "street": "Polna 1", "postal_code": "", "city": "", "phone": "",
    "language": "pl",
}  # fmt: skip


def test_a_business_that_moves_abroad_brings_the_number_of_the_country() -> None:
    before = identity.Profile(**STORED, country="PL", kind="company", company="Firma", nip=NIP)
    with pytest.raises(Refused) as refused:
        corrected(before, identity.ChangeProfile(subject_id=uuid4(), country="DE"))
    assert [error.field for error in refused.value.problem.errors] == ["vat_number"]
    after = corrected(before, identity.ChangeProfile(subject_id=uuid4(), country="DE", vat_number="136 695 976"))
    assert (after.country, after.vat_number, after.nip) == ("DE", "DE136695976", NIP)
    with pytest.raises(Refused) as refused:
        corrected(after, identity.ChangeProfile(subject_id=uuid4(), country="PL"))
    assert [error.field for error in refused.value.problem.errors] == ["vat_number"]
    assert corrected(after, identity.ChangeProfile(subject_id=uuid4(), country="PL", vat_number="")) == before


def test_what_was_stored_under_older_rules_holds_up_no_other_correction() -> None:
    """Somebody registered from no country, or from Germany with a Polish number, may still correct a name."""
    for stale in ({"country": "ZZ", "nip": "0000000000"}, {"country": "DE", "nip": NIP}):
        before = identity.Profile(**STORED, kind="sole trader", company="", **stale)
        after = corrected(before, identity.ChangeProfile(subject_id=uuid4(), full_name="Anna Nowak"))
        assert after == before.model_copy(update={"full_name": "Anna Nowak"})
