"""Delivery addresses, sealed with a key that is not in the database and destroyed after the last letter."""

from cryptography.fernet import Fernet


class Seal:
    """Encrypts and decrypts delivery addresses (Fernet: AES-128-CBC with HMAC-SHA-256)."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)

    def close(self, address: str) -> bytes:
        """Seal an address."""
        return self._fernet.encrypt(address.encode())

    def open(self, sealed: bytes) -> str:
        """Read a sealed address. Raises cryptography.fernet.InvalidToken under another key."""
        return self._fernet.decrypt(sealed).decode()
