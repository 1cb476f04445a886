"""What only the holder of identity's key can compute: marks of addresses, mailed codes, reset tokens."""

import base64
import hashlib
import hmac
from uuid import UUID

CODE_DIGITS = 8


def canonical(email: str) -> str:
    """One spelling per mailbox: pydantic has normalized the domain, case does not tell people apart."""
    return email.strip().casefold()


class Keys:
    """Keyed hashes (HMAC-SHA-256), one sub-key per use.

    An unkeyed hash of an address or of eight digits is guessed in seconds by whoever reads the database.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def address(self, email: str) -> bytes:
        """The mark by which a confirmed address is recognised."""
        return self._keyed(b"address", canonical(email).encode())

    def code(self, nonce: UUID) -> str:
        """The one-time code of a mail; it is stored nowhere, and a repeated mail carries the same."""
        number = int.from_bytes(self._keyed(b"code", nonce.bytes)) % 10**CODE_DIGITS
        return f"{number:0{CODE_DIGITS}d}"

    def reset_token(self, mail_id: UUID) -> str:
        """The token that a password-reset mail carries."""
        return base64.urlsafe_b64encode(self._keyed(b"reset", mail_id.bytes)).decode().rstrip("=")

    def _keyed(self, use: bytes, content: bytes) -> bytes:
        key = hmac.digest(self._secret, b"lethe.identity." + use, hashlib.sha256)
        return hmac.digest(key, content, hashlib.sha256)
