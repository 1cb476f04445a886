"""Hashes of addresses from before keys had ids: 32 bytes, and another spelling of the address.

Delete this module when no key 0 is set any more and no hash of 32 bytes is left in the database.
"""

import hmac


def spelling(email: str) -> str:
    return email.strip().casefold()


def address_hash(secret: str, email: str) -> bytes:
    key = hmac.digest(secret.encode(), b"lethe.identity.address", "sha256")
    return hmac.digest(key, spelling(email).encode(), "sha256")
