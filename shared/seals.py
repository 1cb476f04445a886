"""Text that is stored sealed: Fernet (AES-128-CBC with HMAC-SHA-256), under each key of a keyring."""

import base64

from cryptography.fernet import Fernet, MultiFernet

from shared.secrets import Keyring


def seal(keyring: Keyring, use: str, text: str) -> bytes:
    return _fernet(keyring, use).encrypt(text.encode())


def unseal(keyring: Keyring, use: str, sealed: bytes) -> str:
    """Decrypt. Raises cryptography.fernet.InvalidToken when no key fits."""
    return _fernet(keyring, use).decrypt(sealed).decode()


def _fernet(keyring: Keyring, use: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for _, key in keyring.keys(use)])
