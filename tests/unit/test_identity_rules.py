"""Identity's pure decisions: marks and codes, ids, passwords, parties, words."""

from statistics import median
from time import perf_counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.delivery import LONGEST_WAIT_S, wait_s
from services.identity.keys import Keys
from services.identity.passwords import Passwords, check_password
from services.identity.profile import corrected
from services.identity.service_mail.words import FOR_SERVICES, OWN, compose
from services.identity.settings import IdentitySettings
from services.identity.signups.rules import check_party, written_nip
from services.identity.subject_ids import minted, uuid7
from shared.contracts import identity
from shared.problems import Refused

KEY = "k" * 32
NIP = "9222828810"


def settings(**values: int) -> IdentitySettings:
    return IdentitySettings.model_validate({"amqp_url": "amqp://x", "address_key": KEY} | values)


def test_an_address_has_one_mark_per_key_however_it_is_spelled() -> None:
    keys = Keys(KEY)
    assert keys.address("Anna@example.com") == keys.address("anna@Example.com")
    assert keys.address("anna@example.com") != keys.address("anna@example.org")
    assert keys.address("anna@example.com") != Keys("other" * 8).address("anna@example.com")


def test_an_international_domain_is_one_address_in_both_spellings() -> None:
    spellings = {identity.RecognizePerson(email=f"a@{d}").email for d in ("bücher.example", "xn--bcher-kva.Example")}
    assert len(spellings) == 1


@given(st.uuids())
def test_a_code_has_eight_digits_and_stays_the_same(nonce: UUID) -> None:
    code = Keys(KEY).code(nonce)
    assert identity.ConfirmEmail(email="a@example.com", code=code).code == Keys(KEY).code(nonce)


@given(st.uuids(), st.uuids())
def test_reset_tokens_differ_and_fit_the_contract(one: UUID, other: UUID) -> None:
    token = Keys(KEY).reset_token(one)
    assert identity.Authenticate(token=token).token == token
    assert (token == Keys(KEY).reset_token(other)) == (one == other)


def test_subject_ids_are_version_7_and_follow_the_clock() -> None:
    ids = [uuid7() for _ in range(1000)]
    assert {(i.version, i.variant) for i in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == 1000
    milliseconds = [i.int >> 80 for i in ids]
    assert milliseconds == sorted(milliseconds)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_a_subject_id_keeps_its_moment_and_every_drawn_bit(milliseconds: int, drawn: int) -> None:
    """Guard: the version and the variant stand between the drawn bits, not on top of them (RFC 9562, 5.7)."""
    minted_id = minted(milliseconds, drawn)
    assert (minted_id.version, minted_id.variant) == (7, "specified in RFC 4122")
    assert minted_id.int >> 80 == milliseconds
    assert (minted_id.int >> 64 & 0xFFF) << 62 | minted_id.int & (2**62 - 1) == drawn


@pytest.mark.parametrize("password", ["password", "Haslo1234", "QWERTYUIOP", "anna.nowak", "Anna.Nowak@example.com"])
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Refused) as refused:
        check_password(password, "anna.nowak@example.com")
    assert [e.field for e in refused.value.problem.errors] == ["password"]


def test_a_password_needs_no_composition() -> None:
    check_password("correct horse battery", "anna.nowak@example.com")


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
    request = identity.ChangeProfile(subject_id=uuid7(), street="", nip="922-28-28-810", city="Łódź")
    assert corrected(before, request) == before.model_copy(update={"street": "", "city": "Łódź"})


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("template", [*FOR_SERVICES, *OWN])
def test_every_mail_has_words_in_both_languages(template: str, language: str) -> None:
    subject, text = compose(template, language, "Anna {0} Nowak", {"amount": "49.00", "something_new": "{x}"})
    assert subject
    assert "Anna {0} Nowak" in text
    assert "49.00" in text
    assert "something new: {x}" in text


def test_waits_double_up_to_a_limit() -> None:
    assert [wait_s(n, 1.0) for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert wait_s(10_000, 1.0) == LONGEST_WAIT_S


async def test_an_unknown_account_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords(settings(argon2_time_cost=4))
    encoded = await passwords.hash("correct horse battery")

    async def seconds(stored: str | None) -> float:
        start = perf_counter()
        assert not await passwords.verify(stored, "wrong horse battery")
        return perf_counter() - start

    known = median([await seconds(encoded) for _ in range(7)])
    unknown = median([await seconds(None) for _ in range(7)])
    assert unknown > known / 2


async def test_hashes_are_argon2id_with_the_parameters_and_become_outdated_when_they_rise() -> None:
    weak, strong = Passwords(settings()), Passwords(settings(argon2_time_cost=3))
    encoded = await weak.hash("correct horse battery")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await strong.verify(encoded, "correct horse battery")
    assert strong.outdated(encoded)
    assert not weak.outdated(encoded)


async def test_a_broken_hash_matches_nothing() -> None:
    assert not await Passwords(settings()).verify("not a hash", "correct horse battery")
