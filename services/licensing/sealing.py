"""The two secrets of licensing, derived from its sealing key, which is not in the database."""

import base64

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """Encrypts license keys for the one who may see them again (Fernet: AES-128-CBC with HMAC-SHA-256)."""

    def __init__(self, sealing_key: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(derived(sealing_key, "license keys")))

    def close(self, key: str) -> bytes:
        """Seal a license key."""
        return self._fernet.encrypt(key.encode())

    def open(self, sealed: bytes) -> str:
        """Read a sealed key. Raises cryptography.fernet.InvalidToken under another sealing key."""
        return self._fernet.decrypt(sealed).decode()


def derived(sealing_key: str, use: str) -> bytes:
    """32 bytes for one use (HKDF, RFC 5869)."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"lethe licensing: {use}".encode()).derive(sealing_key.encode())
