"""Devices that signed in before, known by a token that the sign-in answers and the client sends with the next one.

A token in the body and not a cookie: the interface is JSON with bearer tokens, keeps no cookies and needs no guard
against other sites' forms.
"""

import secrets
from uuid import UUID

from shared.database import Transaction
from shared.secrets import digest

TOKEN_BYTES = 32
MOST = 20
"""Of one person; the longest unused are forgotten."""

IS_OF = """
SELECT true FROM known_device
WHERE token_hash = $1 AND subject_id = $2 AND last_used_at > now() - interval '90 days'
"""
USE = """
UPDATE known_device SET last_used_at = now()
WHERE token_hash = $1 AND subject_id = $2 AND last_used_at > now() - interval '90 days'
"""
STORE = "INSERT INTO known_device (token_hash, subject_id) VALUES ($1, $2)"
FORGET_ALL = "DELETE FROM known_device WHERE subject_id = $1"
DROP_UNUSED = """
DELETE FROM known_device WHERE token_hash IN (
  SELECT token_hash FROM known_device WHERE subject_id = $1 ORDER BY last_used_at DESC, token_hash OFFSET $2)
"""


async def forget_all(tx: Transaction, subject_id: UUID) -> None:
    await tx.run(FORGET_ALL, subject_id)


async def is_of(tx: Transaction, token: str, subject_id: UUID | None) -> bool:
    """Whether a device has signed this person in."""
    return bool(await tx.value(IS_OF, digest(token), subject_id))


async def remember(tx: Transaction, subject_id: UUID, token: str = "") -> str:
    """Note that a person is at a device; answers its token, a fresh one for a device that is not known."""
    if token and await tx.run(USE, digest(token), subject_id):
        return token
    fresh = secrets.token_urlsafe(TOKEN_BYTES)
    await tx.run(STORE, digest(fresh), subject_id)
    await tx.run(DROP_UNUSED, subject_id, MOST)
    return fresh
