"""Hashes of mailboxes: one per key and mailbox, and which of the older ones are believed."""

import pytest

from services.identity import legacy_hashes
from services.identity.addresses import hashes_of
from shared.contracts import identity
from shared.mail.address_hashes import HASH_BYTES
from shared.secrets import Keyring

LEGACY = "l" * 32
OLD, OTHER = Keyring("identity", "1:" + "o" * 32), Keyring("identity", "1:" + "x" * 32)
ROTATED = Keyring("identity", f"2:{'n' * 32},1:{'o' * 32},0:{LEGACY}")


def test_a_mailbox_has_one_hash_per_key_however_it_is_spelled() -> None:
    assert hashes_of(OLD, "Anna@example.com") == hashes_of(OLD, "anna@Example.com")
    assert hashes_of(OLD, "anna@example.com").newest != hashes_of(OLD, "anna@example.org").newest
    assert hashes_of(OLD, "anna@example.com").newest != hashes_of(OTHER, "anna@example.com").newest


def test_an_international_domain_is_one_address_in_both_spellings() -> None:
    spellings = {identity.RecognizePerson(email=f"a@{d}").email for d in ("bücher.example", "xn--bcher-kva.Example")}
    assert len(spellings) == 1


def test_after_a_rotation_the_older_hashes_are_known_and_the_newest_is_made() -> None:
    before, after = hashes_of(OLD, "anna@example.com"), hashes_of(ROTATED, "Anna@Example.com")
    assert (len(after.newest), after.newest[0]) == (HASH_BYTES, 2)
    assert after.older == (before.newest, legacy_hashes.address_hash(LEGACY, "anna@example.com"))
    assert all(after.proved_by(each, None) for each in (after.newest, *after.older))
    assert before.older == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("anna@strasse.example", "anna@straße.example"), ("strasse@example.com", "straße@example.com")],
)
def test_a_hash_that_stood_for_two_mailboxes_is_believed_by_the_rows_own_address(one: str, other: str) -> None:
    first, second = hashes_of(ROTATED, one), hashes_of(ROTATED, other)
    assert first.newest != second.newest
    assert first.legacy == second.legacy is not None
    shared = first.older[-1]
    assert (first.proved_by(shared, one), first.proved_by(shared, other)) == (True, False)
    assert (second.proved_by(shared, one), second.proved_by(shared, other)) == (False, True)
    # without an address beside it, it belongs to the mailbox that both spellings name alike
    assert (first.proved_by(shared, None), second.proved_by(shared, None)) == (True, False)


def test_the_hash_from_before_key_ids_is_what_was_stored_then() -> None:
    """Computed by the release that had no key ids."""
    stored = "adc94f53cc02a2d2996c6bc258854210601d38973cd86c92c8f638c467f06523"
    assert legacy_hashes.address_hash(LEGACY, "Anna.Straße@Example.com").hex() == stored
