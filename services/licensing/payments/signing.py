"""Webhook signatures in the manner of Standard Webhooks: HMAC-SHA-256 over id, timestamp and body."""

import base64
import hashlib
import hmac
from datetime import datetime

SCHEME = "v1"


def sign(secret: bytes, webhook_id: str, timestamp: str, body: str) -> str:
    """The signature as its header carries it."""
    signed = f"{webhook_id}.{timestamp}.{body}".encode()
    return f"{SCHEME},{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"


def is_genuine(secret: bytes, webhook_id: str, timestamp: str, body: str, header: str) -> bool:
    """Whether one of the header's signatures is right; compared in constant time."""
    expected = sign(secret, webhook_id, timestamp, body).encode()
    return any(hmac.compare_digest(expected, given.encode()) for given in header.split())


def is_fresh(timestamp: str, at: datetime, tolerance_s: float) -> bool:
    """Whether a webhook was signed about now, so that an old one can't be played again."""
    return timestamp.isascii() and timestamp.isdigit() and abs(at.timestamp() - int(timestamp)) <= tolerance_s
