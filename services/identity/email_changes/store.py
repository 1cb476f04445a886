"""Changes of an address: pending, or taken effect and still to be undone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from shared.database import Transaction
from shared.secrets import Keyring, digest

UNDO = "undo of an e-mail change"
"""The use of the key by which the tokens in the letters to the old address are computed."""

ASK = """
INSERT INTO email_change AS c (change_id, subject_id, address_hash, email, old_email, undo_hash)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (subject_id) WHERE effective_at IS NULL DO UPDATE SET address_hash = excluded.address_hash,
  email = excluded.email, created_at = now(), tried = NULL, tries = 0
RETURNING change_id
"""
TAKE_EFFECT = """
UPDATE email_change SET effective_at = now(), created_at = now(), address_hash = NULL, email = ''
WHERE subject_id = $1 AND effective_at IS NULL AND email = $2 RETURNING change_id, old_email
"""
# Locked: it may be about to take effect.
FIND = """
SELECT subject_id, old_email, created_at, effective_at IS NOT NULL AS has_effect FROM email_change
WHERE undo_hash = $1 AND created_at > now() - interval '7 days' FOR UPDATE
"""
# Whatever came after it came from whoever took the account: it neither happens nor is undone.
DROP_SINCE = "DELETE FROM email_change WHERE subject_id = $1 AND created_at >= $2"


@dataclass(frozen=True)
class Effect:
    """A change that has just taken effect."""

    change_id: UUID
    old_email: str


@dataclass(frozen=True)
class Undoable:
    """A change that can be undone, and what the account's address was before."""

    subject_id: UUID
    old_email: str
    created_at: datetime
    has_effect: bool


def undo_token(keyring: Keyring, change_id: UUID) -> str:
    return keyring.token(UNDO, change_id.bytes)


async def ask(
    tx: Transaction, keyring: Keyring, subject_id: UUID, address_hash: bytes, email: str, old_email: str
) -> UUID:
    """Store a change that waits for its code; it replaces the one that waited before."""
    change_id = uuid4()
    undo_hash = digest(undo_token(keyring, change_id))
    stored: UUID = await tx.value(ASK, change_id, subject_id, address_hash, email, old_email, undo_hash)
    return stored


async def take_effect(tx: Transaction, subject_id: UUID, email: str) -> Effect | None:
    row = await tx.row(TAKE_EFFECT, subject_id, email)
    return None if row is None else Effect(**row)


async def undoable(tx: Transaction, token: str) -> Undoable | None:
    row = await tx.row(FIND, digest(token))
    return None if row is None else Undoable(**row)


async def drop_since(tx: Transaction, subject_id: UUID, created_at: datetime) -> bool:
    """Drop a change and all later ones; False when somebody else did."""
    return bool(await tx.run(DROP_SINCE, subject_id, created_at))
