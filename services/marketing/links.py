"""The links in mails: what they are about and a keyed hash of it, stored nowhere; older keys' links still work.

An unsubscribe link names a person and the mailbox that it was mailed to: when the person is erased and the mailbox on
the list anew, the link still ends what comes there.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from uuid import UUID

from services.marketing import legacy_hashes
from shared.secrets import Keyring

ID_BYTES = 16
MAC_BYTES = 16
UNSUBSCRIBE = "unsubscribe link"
CONFIRM = "confirmation link"
LEGACY_MACS = {UNSUBSCRIBE: legacy_hashes.unsubscribe_mac, CONFIRM: legacy_hashes.confirmation_mac}


@dataclass(frozen=True)
class Recipient:
    """To whom a mail went: the person, and the keyed hash of the mailbox, None in links of older mails."""

    subject_id: UUID
    address_hash: bytes | None


def unsubscribe_token(keyring: Keyring, recipient: Recipient, list_name: str) -> str:
    """The unguessable part of an unsubscribe link: it names the recipient and the list (RFC 8058)."""
    return _token(keyring, UNSUBSCRIBE, recipient.subject_id.bytes + (recipient.address_hash or b""), list_name)


def recipient(keyring: Keyring, token: str, list_name: str) -> Recipient | None:
    """Whose unsubscribe link this is; None if it is none of ours."""
    about = _read(keyring, UNSUBSCRIBE, token, list_name)
    if about is None or len(about) < ID_BYTES:
        return None
    return Recipient(UUID(bytes=about[:ID_BYTES]), about[ID_BYTES:] or None)


def confirmation_token(keyring: Keyring, signup_id: UUID) -> str:
    """The unguessable part of a link that confirms a sign-up."""
    return _token(keyring, CONFIRM, signup_id.bytes, "")


def confirmed_sign_up(keyring: Keyring, token: str) -> UUID | None:
    """Which sign-up a token confirms; None if it is none of ours."""
    about = _read(keyring, CONFIRM, token, "")
    return UUID(bytes=about) if about is not None and len(about) == ID_BYTES else None


def _token(keyring: Keyring, use: str, about: bytes, what: str) -> str:
    mac = keyring.mac(use, about + what.encode())[1 : 1 + MAC_BYTES]
    return urlsafe_b64encode(about + mac).decode().rstrip("=")


def _read(keyring: Keyring, use: str, token: str, what: str) -> bytes | None:
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    about, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(mac) != MAC_BYTES:
        return None
    content = about + what.encode()
    ours = keyring.is_mac(use, content, mac)
    if keyring.legacy:
        ours = ours or hmac.compare_digest(LEGACY_MACS[use](keyring.legacy, content), mac)
    return about if ours else None
