"""License keys: unguessable, readable, with a checksum against typing errors.

`LTH-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX` in Crockford's base 32: 23 random symbols (115 bits) and two of checksum.
"""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass

from shared.seals import seal, unseal
from shared.secrets import Keyring

PREFIX = "LTH"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS = 23
GROUP = 5
SHOWN = 5
SEALED_FOR = "license keys"
LOOKALIKES = str.maketrans("OIL", "011")


def new_key() -> str:
    return key_of("".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SYMBOLS)))


def key_of(symbols: str) -> str:
    body = symbols + _checksum(symbols)
    return "-".join((PREFIX, *(body[i : i + GROUP] for i in range(0, len(body), GROUP))))


def normalized(typed: str) -> str | None:
    """The key a person meant, or None when it can't be one.

    Mail and word processors put in other hyphens, invisible characters and quotes; the checksum holds all the same.
    """
    compatible = unicodedata.normalize("NFKC", typed).upper()  # full width, as some keyboards write it
    text = "".join(symbol for symbol in compatible if symbol.isalnum())
    if not text.startswith(PREFIX):
        return None
    body = text.removeprefix(PREFIX).translate(LOOKALIKES)
    symbols, checksum = body[:RANDOM_SYMBOLS], body[RANDOM_SYMBOLS:]
    if len(symbols) != RANDOM_SYMBOLS or set(symbols) - set(ALPHABET) or checksum != _checksum(symbols):
        return None
    return key_of(symbols)


def key_hash(key: str) -> bytes:
    """The hash under which a key is stored; 115 random bits need neither salt nor stretching."""
    return hashlib.sha256(f"license key|{key}".encode()).digest()


def device_hash(key: str, fingerprint: str) -> bytes:
    """The hash under which a device is stored; the key, which is not stored in clear, salts it."""
    return hashlib.sha256(f"device|{key}|{fingerprint}".encode()).digest()


def key_end(key: str) -> str:
    """The last symbols, which may be shown."""
    return key[-SHOWN:]


def masked(end: str) -> str:
    return f"{PREFIX}-****-{end}"


@dataclass(frozen=True)
class FreshKey:
    """A key and the three forms in which it is stored; the text is shown to its holder alone."""

    text: str
    hash: bytes
    end: str
    sealed: bytes


@dataclass(frozen=True)
class KeyMint:
    keyring: Keyring

    def fresh(self) -> FreshKey:
        text = new_key()
        return FreshKey(text, key_hash(text), key_end(text), seal(self.keyring, SEALED_FOR, text))

    def reveal(self, sealed: bytes) -> str:
        """Raises cryptography.fernet.InvalidToken when it was sealed under a key that is not in the keyring."""
        return unseal(self.keyring, SEALED_FOR, sealed)


def _checksum(symbols: str) -> str:
    number = int.from_bytes(hashlib.sha256(f"{PREFIX}|{symbols}".encode()).digest()[:2], "big")
    return ALPHABET[number % 32] + ALPHABET[(number >> 5) % 32]
