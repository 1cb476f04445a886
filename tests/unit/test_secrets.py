"""Keys that are rotated while old values are still read, and one spelling per mailbox."""

import pytest
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from services.privacy.sealed_addresses import AddressSeal
from shared.mail.mailbox import one_spelling
from shared.seals import seal, unseal
from shared.secrets import Keyring, hkdf

OLD, NEW = "1:" + "o" * 32, "2:" + "n" * 32 + ",1:" + "o" * 32
ANNA = b"anna@example.com"


def test_what_an_older_key_made_is_read_after_a_rotation() -> None:
    before, after = Keyring("identity", OLD), Keyring("identity", NEW)
    assert unseal(after, "address", seal(before, "address", "x")) == "x"
    assert before.mac("address", ANNA) in after.macs("address", ANNA)
    assert after.is_mac("address", ANNA, before.mac("address", ANNA)[1:17])
    assert after.is_code("sign-up", b"1", before.code("sign-up", b"1"))


def test_what_the_newest_key_made_is_unknown_to_the_old_one() -> None:
    before, after = Keyring("identity", OLD), Keyring("identity", NEW)
    assert after.mac("address", ANNA)[0] == 2
    assert after.mac("address", ANNA) not in before.macs("address", ANNA)
    with pytest.raises(InvalidToken):
        unseal(before, "address", seal(after, "address", "x"))


def test_a_new_key_is_read_everywhere_before_it_makes_anything() -> None:
    """The first restart of a rotation: it stands last, whatever its id."""
    first, second = Keyring("identity", f"{OLD},2:{'n' * 32}"), Keyring("identity", NEW)
    assert first.mac("address", ANNA) == Keyring("identity", OLD).mac("address", ANNA)
    assert second.mac("address", ANNA) in first.macs("address", ANNA)
    assert unseal(first, "address", seal(second, "address", "x")) == "x"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_key_is_derived_as_rfc_5869_has_it(secret: bytes, info: bytes) -> None:
    assert hkdf(secret, info) == HKDF(SHA256(), 32, salt=None, info=info).derive(secret)


def test_no_key_does_two_jobs() -> None:
    """Neither for two uses of one service nor for one use of two services."""
    ring = Keyring("identity", OLD)
    assert ring.mac("address", ANNA) != ring.mac("device", ANNA)
    assert ring.mac("address", ANNA) != Keyring("marketing", OLD).mac("address", ANNA)
    with pytest.raises(InvalidToken):
        unseal(ring, "device", seal(ring, "address", "x"))


def test_a_secret_from_before_key_ids_makes_nothing() -> None:
    with_legacy = Keyring("identity", f"{OLD},0:{'l' * 32}")
    assert with_legacy.legacy == "l" * 32
    assert with_legacy.macs("address", ANNA) == Keyring("identity", OLD).macs("address", ANNA)
    assert Keyring("identity", OLD).legacy is None


def test_an_address_sealed_before_there_were_key_ids_is_still_read() -> None:
    earlier = Fernet.generate_key().decode()
    sealed = Fernet(earlier).encrypt(ANNA)
    assert AddressSeal(Keyring("privacy", f"{OLD},0:{earlier}")).open(sealed) == ANNA.decode()
    with pytest.raises(InvalidToken):
        AddressSeal(Keyring("privacy", OLD)).open(sealed)


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "o" * 32,
        "1:short",
        f"0:{'l' * 32}",
        f"256:{'o' * 32}",
        f"1:{'o' * 32},",
        f"1:{'o' * 31} ",
        f"{OLD},1:{'n' * 32}",
    ],
)
def test_keys_that_can_not_be_read_are_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Keyring("identity", setting)


def test_a_code_has_eight_digits_and_is_not_guessed_by_its_beginning() -> None:
    ring = Keyring("identity", OLD)
    code = ring.code("sign-up", b"1")
    assert len(code) == 8
    assert code.isdigit()
    assert not ring.is_code("sign-up", b"1", code[:7])
    assert not ring.is_code("sign-up", b"2", code)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@strasse.example", "anna@straße.example"),
        ("anna@βόλος.example", "anna@βόλοσ.example"),
        ("strasse@example.com", "straße@example.com"),
        ("sophie@example.com", "ſophie@example.com"),
        ("office@example.com", "oﬃce@example.com"),
        ("ıpek@example.com", "ipek@example.com"),
        ("К@example.com", "к@example.com"),
        ("a.b@example.com", "ab@example.com"),
        ("a+b@example.com", "a@example.com"),
    ],
)
def test_two_mailboxes_never_become_one(one: str, other: str) -> None:
    assert one_spelling(one) != one_spelling(other)


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("Anna@Example.COM", "anna@example.com"),
        (" anna@example.com ", "anna@example.com"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("Łukasz@example.com", "Łukasz@example.com"),
        ("anna@under_score.example", "anna@under_score.example"),
        ("anna@ｅxample.com", "anna@example.com"),
    ],
)
def test_one_mailbox_has_one_spelling(typed: str, spelled: str) -> None:
    assert one_spelling(typed) == spelled


@given(st.emails())
def test_a_spelling_is_a_spelling_of_itself(address: str) -> None:
    assert one_spelling(one_spelling(address)) == one_spelling(address)
