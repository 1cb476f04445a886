"""Delivery addresses, sealed with a key that is not in the database and destroyed after the last letter."""

import hmac
from uuid import UUID

from cryptography.fernet import Fernet


class Seal:
    """Encrypts and decrypts delivery addresses (Fernet: AES-128-CBC with HMAC-SHA-256)."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)
        self._key = key.encode()

    def close(self, address: str) -> bytes:
        """Seal an address."""
        return self._fernet.encrypt(address.encode())

    def open(self, sealed: bytes) -> str:
        """Read a sealed address. Raises cryptography.fernet.InvalidToken under another key."""
        return self._fernet.decrypt(sealed).decode()

    def code(self, request_id: UUID) -> str:
        """The eight digits that prove an address: the same however often the mail is sent, stored nowhere."""
        made = hmac.digest(self._key, f"code {request_id}".encode(), "sha256")
        return f"{int.from_bytes(made[:8]) % 10**8:08d}"
