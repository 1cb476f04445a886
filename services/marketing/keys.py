"""What is derived from marketing's one secret: address hashes, links, seals. Each use has a key of its own."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from unicodedata import normalize
from uuid import UUID

import idna
from cryptography.fernet import Fernet

MAC_BYTES = 16
ID_BYTES = 16


def normalized(address: str) -> str:
    """One spelling per mailbox: mail servers do not tell cases apart, and IDNA has two forms."""
    local, _, domain = normalize("NFKC", address.strip()).rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        domain = domain.casefold()
    return f"{local.casefold()}@{domain.casefold()}"


class Keys:
    """Hashes addresses, makes and reads the links in mails, seals what is not confirmed yet."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._hashing, self._leaving, self._confirming = (self._derived(use) for use in ("hash", "leave", "confirm"))
        self._fernet = Fernet(urlsafe_b64encode(self._derived("seal")))

    def _derived(self, use: str) -> bytes:
        return hmac.digest(self._secret, f"lethe marketing {use}".encode(), hashlib.sha256)

    def address_hash(self, address: str) -> bytes:
        """The keyed hash under which an address is known; without the key it can't be guessed."""
        return hmac.digest(self._hashing, normalized(address).encode(), hashlib.sha256)

    def seal(self, address: str) -> bytes:
        """Encrypt an address."""
        return self._fernet.encrypt(address.encode())

    def unseal(self, sealed: bytes) -> str:
        """Read a sealed address. Raises cryptography.fernet.InvalidToken under another key."""
        return self._fernet.decrypt(sealed).decode()

    def leaving_token(self, subject_id: UUID, list_name: str) -> str:
        """The unguessable part of an unsubscribe link: it names the recipient and the list (RFC 8058)."""
        return _token(self._leaving, subject_id, list_name)

    def leaver(self, token: str, list_name: str) -> UUID | None:
        """Whose unsubscribe link this is; None if it is none of ours."""
        return _read(self._leaving, token, list_name)

    def confirming_token(self, signup_id: UUID) -> str:
        """The unguessable part of a link that confirms a sign-up; stored nowhere."""
        return _token(self._confirming, signup_id, "")

    def confirmed_signup(self, token: str) -> UUID | None:
        """Which sign-up a token confirms; None if it is none of ours."""
        return _read(self._confirming, token, "")


def _mac(key: bytes, about: UUID, what: str) -> bytes:
    return hmac.digest(key, about.bytes + what.encode(), hashlib.sha256)[:MAC_BYTES]


def _token(key: bytes, about: UUID, what: str) -> str:
    return urlsafe_b64encode(about.bytes + _mac(key, about, what)).decode().rstrip("=")


def _read(key: bytes, token: str, what: str) -> UUID | None:
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    if len(raw) != ID_BYTES + MAC_BYTES:
        return None
    about = UUID(bytes=raw[:ID_BYTES])
    return about if hmac.compare_digest(raw[ID_BYTES:], _mac(key, about, what)) else None
