"""Hashes of mailboxes: one per key and mailbox, and which of the older ones are believed."""

import pytest

from services.marketing import legacy_hashes
from services.marketing.addresses import hashes_of
from shared.mail.address_hashes import HASH_BYTES
from shared.secrets import Keyring

LEGACY = "l" * 32
KEYRING, OTHER = Keyring("marketing", "1:" + "k" * 32), Keyring("marketing", "1:" + "o" * 32)
ROTATED = Keyring("marketing", f"2:{'n' * 32},1:{'k' * 32},0:{LEGACY}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Anna@Example.COM", "anna@example.com"),
        (" anna@example.com ", "anna@example.com"),
        ("anna@żółw.example", "anna@xn--w-uga1v8h.example"),
        ("anna@example.com", "anna@example.com"),
    ],
)
def test_one_mailbox_has_one_hash(first: str, second: str) -> None:
    assert hashes_of(KEYRING, first).newest == hashes_of(KEYRING, second).newest
    assert hashes_of(KEYRING, first).newest != hashes_of(OTHER, first).newest


def test_different_mailboxes_have_different_hashes() -> None:
    assert hashes_of(KEYRING, "anna@example.com").newest != hashes_of(KEYRING, "anna+x@example.com").newest


@pytest.mark.parametrize(
    ("one", "other"),
    [("anna@strasse.example", "anna@straße.example"), ("strasse@example.com", "straße@example.com")],
)
def test_two_mailboxes_that_were_one_are_two(one: str, other: str) -> None:
    assert hashes_of(ROTATED, one).newest != hashes_of(ROTATED, other).newest


def test_after_a_rotation_the_older_hashes_are_known_and_the_newest_is_made() -> None:
    before, after = hashes_of(KEYRING, "anna@example.com"), hashes_of(ROTATED, "Anna@Example.com")
    assert (len(after.newest), after.newest[0]) == (HASH_BYTES, 2)
    assert after.older == (before.newest, legacy_hashes.address_hash(LEGACY, "anna@example.com"))
    assert before.older == ()


def test_a_hash_that_stood_for_two_mailboxes_is_believed_by_the_rows_own_address() -> None:
    first, second = (hashes_of(ROTATED, email) for email in ("strasse@example.com", "straße@example.com"))
    assert first.legacy == second.legacy is not None
    shared = first.older[-1]
    assert (first.proved_by(shared, "strasse@example.com"), first.proved_by(shared, "straße@example.com")) == (
        True,
        False,
    )
    assert (first.proved_by(shared, None), second.proved_by(shared, None)) == (True, False)
    assert second.proved_by(shared, "straße@example.com")


def test_the_hash_from_before_key_ids_is_what_was_stored_then() -> None:
    """Computed by the release that had no key ids."""
    stored = "82c014d7858663ef6a3cf2923b8f2a7e4ba6e96c29a6e4216e8e4e9a666715d0"
    assert legacy_hashes.address_hash(LEGACY, "Anna.Straße@Example.com").hex() == stored
