"""The links in mails: an id and a keyed hash of it, stored nowhere; those made before a rotation still work."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from uuid import UUID

from services.marketing import legacy_hashes
from shared.secrets import Keyring

ID_BYTES = 16
MAC_BYTES = 16
UNSUBSCRIBE = "unsubscribe link"
CONFIRM = "confirmation link"
LEGACY_MACS = {UNSUBSCRIBE: legacy_hashes.unsubscribe_mac, CONFIRM: legacy_hashes.confirmation_mac}


def unsubscribe_token(keyring: Keyring, subject_id: UUID, list_name: str) -> str:
    """The unguessable part of an unsubscribe link: it names the recipient and the list (RFC 8058)."""
    return _token(keyring, UNSUBSCRIBE, subject_id, list_name)


def recipient(keyring: Keyring, token: str, list_name: str) -> UUID | None:
    """Whose unsubscribe link this is; None if it is none of ours."""
    return _read(keyring, UNSUBSCRIBE, token, list_name)


def confirmation_token(keyring: Keyring, signup_id: UUID) -> str:
    """The unguessable part of a link that confirms a sign-up."""
    return _token(keyring, CONFIRM, signup_id, "")


def confirmed_sign_up(keyring: Keyring, token: str) -> UUID | None:
    """Which sign-up a token confirms; None if it is none of ours."""
    return _read(keyring, CONFIRM, token, "")


def _token(keyring: Keyring, use: str, about: UUID, what: str) -> str:
    mac = keyring.mac(use, about.bytes + what.encode())[1 : 1 + MAC_BYTES]
    return urlsafe_b64encode(about.bytes + mac).decode().rstrip("=")


def _read(keyring: Keyring, use: str, token: str, what: str) -> UUID | None:
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    if len(raw) != ID_BYTES + MAC_BYTES:
        return None
    about, mac = UUID(bytes=raw[:ID_BYTES]), raw[ID_BYTES:]
    content = about.bytes + what.encode()
    ours = keyring.is_mac(use, content, mac)
    if keyring.legacy:
        ours = ours or hmac.compare_digest(LEGACY_MACS[use](keyring.legacy, content), mac)
    return about if ours else None
