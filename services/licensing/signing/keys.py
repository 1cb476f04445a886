"""The keys that sign what programs believe without a network: Ed25519, as JSON Web Keys (RFC 7517, RFC 8037).

The first signs; a second is published with it, so that programs know a new key before it signs and an old one while
what it signed still counts.
"""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.contracts.licensing import LicenseKeys, PublicKey
from shared.secrets import Keyring, digest

USE = "license signing"
ALGORITHM = "EdDSA"
MOST_KEYS = 2
SEED = r"[A-Za-z0-9_-]{43}=?"


@dataclass(frozen=True)
class SigningKeys:
    """The keys of one installation, the one that signs first; their ids are thumbprints (RFC 7638)."""

    keys: tuple[Ed25519PrivateKey, ...]

    @classmethod
    def of(cls, setting: str, keyring: Keyring) -> "SigningKeys":
        """Read `<key>` or `<key>,<other key>`; an empty setting takes them from the keyring. Raises ValueError."""
        seeds = _seeds(setting) if setting else [key for _, key in keyring.keys(USE)[:MOST_KEYS]]
        return cls(tuple(Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds))

    def sign(self, statement: dict[str, Any]) -> str:
        """A compact JWS (RFC 7515) that names its key."""
        return jwt.encode(statement, self.keys[0], ALGORITHM, headers={"kid": self.published.keys[0].kid})

    @cached_property
    def published(self) -> LicenseKeys:
        return LicenseKeys(keys=tuple(public_key(key) for key in self.keys))


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    x = encoded(key.public_key().public_bytes_raw())
    return PublicKey(kid=thumbprint(x), x=x)


def thumbprint(x: str) -> str:
    """The members that make the key, in the order of RFC 7638, 3.2 and RFC 8037, 2."""
    return encoded(digest(json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))))


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def check_setting(setting: str) -> None:
    """Raise ValueError for what is no one or two keys."""
    if setting:
        _seeds(setting)


def _seeds(setting: str) -> Sequence[bytes]:
    parts = setting.split(",")
    if not all(re.fullmatch(SEED, part) for part in parts) or not len(set(parts)) == len(parts) <= MOST_KEYS:
        raise ValueError("one or two different keys, each 32 random bytes in URL-safe Base64, the one that signs first")
    return [base64.urlsafe_b64decode(part.ljust(44, "=")) for part in parts]
