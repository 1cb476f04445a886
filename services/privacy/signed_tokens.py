"""Tokens that say what they are for and are stored nowhere: a few bytes, and a keyed hash of them."""

import base64
import binascii

from shared.secrets import Keyring

MAC_BYTES = 32


def signed(keyring: Keyring, use: str, content: bytes) -> str:
    """Safe in a URL."""
    return base64.urlsafe_b64encode(content + keyring.mac(use, content)[1:]).decode().rstrip("=")


def content_of(keyring: Keyring, use: str, token: str) -> bytes | None:
    """What a token was made of, by whatever key of ours; None for one that is none of ours."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    content, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    return content if len(mac) == MAC_BYTES and keyring.is_mac(use, content, mac) else None
