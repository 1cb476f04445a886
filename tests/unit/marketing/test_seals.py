"""Addresses that wait for their confirmation are unreadable without a key."""

import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from services.marketing.seals import open_address, seal_address
from shared.secrets import Keyring

LEGACY = "l" * 32
KEYRING = Keyring("marketing", "1:" + "k" * 32)
ROTATED = Keyring("marketing", f"2:{'n' * 32},1:{'k' * 32},0:{LEGACY}")


@given(st.emails())
def test_what_is_sealed_is_readable_with_the_key_alone(address: str) -> None:
    sealed = seal_address(KEYRING, address)
    assert address.encode() not in sealed
    assert open_address(KEYRING, sealed) == address


def test_what_was_sealed_before_a_rotation_is_readable() -> None:
    key = hmac.digest(LEGACY.encode(), b"lethe marketing seal", "sha256")
    sealed = Fernet(urlsafe_b64encode(key)).encrypt(b"anna@example.com")
    assert open_address(ROTATED, seal_address(KEYRING, "anna@example.com")) == "anna@example.com"
    assert open_address(ROTATED, sealed) == "anna@example.com"
