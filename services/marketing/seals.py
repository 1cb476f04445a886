"""Addresses that nobody has confirmed are stored sealed."""

from cryptography.fernet import InvalidToken

from services.marketing import legacy_hashes
from shared.seals import seal, unseal
from shared.secrets import Keyring

USE = "entered address"


def seal_address(keyring: Keyring, email: str) -> bytes:
    return seal(keyring, USE, email)


def open_address(keyring: Keyring, sealed: bytes) -> str:
    """Raises cryptography.fernet.InvalidToken when no key fits."""
    try:
        return unseal(keyring, USE, sealed)
    except InvalidToken:
        if keyring.legacy is None:
            raise
        return legacy_hashes.open_sealed(keyring.legacy, sealed)
