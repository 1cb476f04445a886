"""The keys of one process, and what is made with them: keyed hashes, codes, unguessable tokens.

Every use has a key of its own (HKDF, RFC 5869), so none does two jobs. Keys have ids: the newest makes, all of
them read, so that a key can be rotated while old values are still known.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator

CODE_DIGITS = 8
LEGACY = 0
"""The id of a secret from before there were ids: a service reads with it what it wrote then, and writes nothing."""
FORMAT = r"^\d{1,3}:[\x21-\x2b\x2d-\x7e]{32,}(,\d{1,3}:[\x21-\x2b\x2d-\x7e]{32,})*$"
"""How keys stand in a setting, newest first: `2:<secret>,1:<secret>`; a secret has 32 characters or more."""

WEBHOOK_PREFIX = "whsec_"
WEBHOOK_SECRET_BYTES = range(24, 65)  # as Standard Webhooks has it


def digest(text: str | bytes) -> bytes:
    """The SHA-256 of what is random enough to need no key: tokens, idempotency keys, bodies."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()


def hkdf(secret: bytes, info: bytes) -> bytes:
    """32 bytes by HKDF-SHA-256 without salt: the first block of RFC 5869, which is all that 32 bytes need.

    The library that has it costs each process 8 MB (measured), and two of the five need nothing else of it.
    """
    extracted = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


class Keyring:
    """The keys of one service. Raises ValueError for a setting that is not as FORMAT says."""

    def __init__(self, service: str, setting: str) -> None:
        if not re.fullmatch(FORMAT, setting):
            raise ValueError("keys are written as <id>:<secret>, newest first, 32 characters or more each")
        parts = [part.partition(":") for part in setting.split(",")]
        self._service = service
        self._secrets = {int(key_id): secret for key_id, _, secret in parts}
        self._derived: dict[str, list[tuple[int, bytes]]] = {}
        if len(self._secrets) < len(parts):
            raise ValueError("two keys have the same id")
        if not any(self._secrets) or max(self._secrets) > 255:  # noqa: PLR2004 an id is stored in a byte
            raise ValueError("a keyring needs a key with an id from 1 to 255")

    @property
    def ids(self) -> frozenset[int]:
        """Of the keys that are read, the one from before there were ids among them."""
        return frozenset(self._secrets)

    @property
    def legacy(self) -> str | None:
        return self._secrets.get(LEGACY)

    def derive(self, use: str) -> bytes:
        return self.keys(use)[0][1]

    def mac(self, use: str, content: bytes) -> bytes:
        """The keyed hash under which something is stored: the key's id, then HMAC-SHA-256."""
        return self.macs(use, content)[0]

    def macs(self, use: str, content: bytes) -> list[bytes]:
        """The same under every key, newest first: one of them is what was stored, whenever that was."""
        return [bytes([key_id]) + hmac.digest(key, content, "sha256") for key_id, key in self.keys(use)]

    def is_mac(self, use: str, content: bytes, shown: bytes) -> bool:
        """Whether a hash, or the beginning of one without its id, was made by one of the keys."""
        return any(hmac.compare_digest(mac[1 : 1 + len(shown)], shown) for mac in self.macs(use, content))

    def code(self, use: str, content: bytes) -> str:
        """Eight digits to be mailed: the same however often they are sent, stored nowhere."""
        return next(self._codes(use, content))

    def is_code(self, use: str, content: bytes, typed: str) -> bool:
        """Whether somebody typed the code, compared in constant time."""
        return any(hmac.compare_digest(code, typed) for code in self._codes(use, content))

    def token(self, use: str, content: bytes) -> str:
        """An unguessable text to be mailed, safe in a URL; stored nowhere, or by its `digest`."""
        return base64.urlsafe_b64encode(self.mac(use, content)[1:]).decode().rstrip("=")

    def _codes(self, use: str, content: bytes) -> Iterator[str]:
        for mac in self.macs(use, content):
            yield f"{int.from_bytes(mac[1:]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"

    def keys(self, use: str) -> list[tuple[int, bytes]]:
        """The ids and keys for one use in the order of the setting: what comes first makes what is new."""
        if use not in self._derived:
            info = f"lethe {self._service}: {use}".encode()
            self._derived[use] = [
                (key_id, hkdf(secret.encode(), info)) for key_id, secret in self._secrets.items() if key_id != LEGACY
            ]
        return self._derived[use]


def is_webhook_secret(text: str) -> bool:
    """Whether it is written `whsec_<base64 of 24 to 64 bytes>`."""
    try:
        decoded = base64.b64decode(text.removeprefix(WEBHOOK_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(WEBHOOK_PREFIX) and len(decoded) in WEBHOOK_SECRET_BYTES
