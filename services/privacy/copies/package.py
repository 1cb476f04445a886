"""How a copy is encrypted while it is gathered: chunk by chunk, with a key of its own (AES-256-GCM).

Each chunk is bound to its case, service and number, and the manifest, itself a chunk, says how many there are: one that
is changed, missing, repeated or in another's place is refused.
"""

import base64
import os
import zlib
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.seals import seal, unseal
from shared.secrets import Keyring

USE = "copy"
NONCE_BYTES = 12
MANIFEST = ""
"""In place of a service's name: the chunk that says what belongs to the copy."""


class DamagedError(Exception):
    """What is stored of a copy is not what was written, or its key is gone."""


@dataclass(frozen=True)
class Place:
    """Where a chunk belongs."""

    case_id: UUID
    service: str
    number: int

    @property
    def bound(self) -> bytes:
        return f"lethe copy 1/{self.case_id}/{self.service}/{self.number}".encode()


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def seal_key(keyring: Keyring, key: bytes) -> bytes:
    return seal(keyring, USE, base64.b64encode(key).decode())


def open_key(keyring: Keyring, sealed: bytes | None) -> bytes:
    """Raises DamagedError when there is no key any more, or none of the keyring opens it."""
    try:
        return base64.b64decode(unseal(keyring, USE, sealed or b""))
    except InvalidToken:
        raise DamagedError from None


def seal_chunk(key: bytes, place: Place, content: bytes) -> bytes:
    """A number is used again when a part begins anew, so the nonce is random and not made from it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, zlib.compress(content, 1), place.bound)


def open_chunk(key: bytes, place: Place, sealed: bytes | None) -> bytes:
    """Raises DamagedError for a chunk that is missing or was not written for this place."""
    try:
        return zlib.decompress(
            AESGCM(key).decrypt((sealed or b"")[:NONCE_BYTES], (sealed or b"")[NONCE_BYTES:], place.bound)
        )
    except (InvalidTag, ValueError):
        raise DamagedError from None
