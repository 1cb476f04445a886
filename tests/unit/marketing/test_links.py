"""The links in mails: forged ones are none, those from before a rotation still work."""

from base64 import urlsafe_b64encode
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.marketing import legacy_hashes
from services.marketing.links import Recipient, confirmation_token, confirmed_sign_up, recipient, unsubscribe_token
from shared.secrets import Keyring

LEGACY = "l" * 32
KEYRING, OTHER = Keyring("marketing", "1:" + "k" * 32), Keyring("marketing", "1:" + "o" * 32)
ROTATED = Keyring("marketing", f"2:{'n' * 32},1:{'k' * 32},0:{LEGACY}")


@given(st.uuids(), st.sampled_from(["newsletter", "betas"]), st.one_of(st.none(), st.binary(min_size=33, max_size=33)))
def test_a_link_names_its_recipient_and_its_list(person: UUID, list_name: str, address_hash: bytes | None) -> None:
    token = unsubscribe_token(KEYRING, Recipient(person, address_hash), list_name)
    assert recipient(KEYRING, token, list_name) == Recipient(person, address_hash)
    assert recipient(KEYRING, token, list_name + "x") is None
    assert recipient(OTHER, token, list_name) is None
    assert confirmed_sign_up(KEYRING, token) is None


@given(st.uuids(), st.integers(0, 41), st.sampled_from("ABCxyz019-_"))
def test_a_changed_link_is_none(person: UUID, place: int, character: str) -> None:
    token = confirmation_token(KEYRING, person)
    changed = token[:place] + character + token[place + 1 :]
    assert confirmed_sign_up(KEYRING, changed) == (person if changed == token else None)


@given(st.text(max_size=120))
def test_anything_else_is_no_link(token: str) -> None:
    assert recipient(KEYRING, token, "newsletter") is None


@given(st.uuids())
def test_links_mailed_before_a_rotation_work_after_it(about: UUID) -> None:
    person = Recipient(about, None)
    assert recipient(ROTATED, unsubscribe_token(KEYRING, person, "newsletter"), "newsletter") == person
    assert confirmed_sign_up(ROTATED, confirmation_token(KEYRING, about)) == about
    content = about.bytes + b"newsletter"
    mailed = urlsafe_b64encode(about.bytes + legacy_hashes.unsubscribe_mac(LEGACY, content)).decode().rstrip("=")
    assert recipient(ROTATED, mailed, "newsletter") == person
    assert recipient(KEYRING, mailed, "newsletter") is None
    assert confirmed_sign_up(ROTATED, mailed) is None
    entered = urlsafe_b64encode(about.bytes + legacy_hashes.confirmation_mac(LEGACY, about.bytes)).decode().rstrip("=")
    assert confirmed_sign_up(ROTATED, entered) == about
    assert confirmed_sign_up(OTHER, entered) is None


def test_links_from_before_key_ids_work() -> None:
    """Made by the release that had no key ids."""
    about = UUID("00000000-0000-4000-8000-00000000000a")
    assert recipient(ROTATED, "AAAAAAAAQACAAAAAAAAAClST-wDjT3-eps_unWEpooI", "newsletter") == Recipient(about, None)
    assert confirmed_sign_up(ROTATED, "AAAAAAAAQACAAAAAAAAACmD4CYFuSxl2qDq355080ww") == about
