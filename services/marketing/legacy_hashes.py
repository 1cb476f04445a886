"""Hashes, links and seals from before keys had ids: hashes of 32 bytes, and another spelling of the address.

Delete this module when no key 0 is set any more: no subscriber has a hash of 32 bytes then, and unsubscribe links
made with that secret have been replaced by those in newer mails.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from unicodedata import normalize

import idna
from cryptography.fernet import Fernet

MAC_BYTES = 16


def spelling(email: str) -> str:
    local, _, host = normalize("NFKC", email.strip()).rpartition("@")
    try:
        host = idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        host = host.casefold()
    return f"{local.casefold()}@{host.casefold()}"


def address_hash(secret: str, email: str) -> bytes:
    return hmac.digest(_key(secret, "hash"), spelling(email).encode(), hashlib.sha256)


def unsubscribe_mac(secret: str, content: bytes) -> bytes:
    return hmac.digest(_key(secret, "leave"), content, hashlib.sha256)[:MAC_BYTES]


def confirmation_mac(secret: str, content: bytes) -> bytes:
    return hmac.digest(_key(secret, "confirm"), content, hashlib.sha256)[:MAC_BYTES]


def open_sealed(secret: str, sealed: bytes) -> str:
    """Raises cryptography.fernet.InvalidToken."""
    return Fernet(urlsafe_b64encode(_key(secret, "seal"))).decrypt(sealed).decode()


def _key(secret: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"lethe marketing {use}".encode(), hashlib.sha256)
