"""Hashes of secrets that are random enough to need no key."""

import hashlib


def digest(text: str | bytes) -> bytes:
    """The SHA-256 under which tokens, idempotency keys and bodies are kept."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()
