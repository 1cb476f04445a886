"""Proving to own an account by its password."""

from dataclasses import dataclass
from uuid import UUID

from services.identity import attempts
from services.identity.passwords import Passwords
from shared.database import Database, Transaction
from shared.personal_data.subjects import Standing, lock_subject
from shared.purposes import Purpose

OF_ADDRESS = """
SELECT c.subject_id, c.password_hash FROM confirmed_address a JOIN credential c USING (subject_id)
WHERE a.address_hash = $1
"""
STILL = "SELECT true FROM credential WHERE subject_id = $1 AND password_hash = $2 FOR NO KEY UPDATE"
RENEW = "UPDATE credential SET password_hash = $2 WHERE subject_id = $1"
CHANGE = "UPDATE credential SET password_hash = $2, changed_at = now() WHERE subject_id = $1"


@dataclass(frozen=True)
class Proof:
    """A password was looked at: whose it would be, and whether it was right."""

    subject_id: UUID | None
    address_hash: bytes
    right: bool
    used_hash: str = ""
    renewed_hash: str | None = None


async def examine(database: Database, passwords: Passwords, address_hash: bytes, password: str) -> Proof:
    """Look at a password without holding a transaction meanwhile. Raises Refused (429)."""
    async with database.transaction(Purpose.SECURITY) as tx:
        await attempts.count(tx, address_hash)
        known = await tx.row(OF_ADDRESS, address_hash)
    if known is None:
        await passwords.verify(None, password)
        return Proof(None, address_hash, right=False)
    used = known["password_hash"]
    right = await passwords.verify(used, password)
    renewed = await passwords.hash(password) if right and passwords.outdated(used) else None
    return Proof(known["subject_id"], address_hash, right, used, renewed)


async def accept(tx: Transaction, proof: Proof) -> bool:
    """Whether the proof holds now: the person lives and the password was not changed meanwhile.

    Locks the person, forgives earlier tries, and renews a hash made with weaker parameters.
    """
    if proof.subject_id is None or await lock_subject(tx, proof.subject_id) is not Standing.LIVE:
        return False
    if not proof.right or not await tx.value(STILL, proof.subject_id, proof.used_hash):
        return False
    await attempts.forgive(tx, proof.address_hash)
    if proof.renewed_hash:
        await tx.run(RENEW, proof.subject_id, proof.renewed_hash)
    return True


async def change(tx: Transaction, subject_id: UUID, password_hash: str) -> bool:
    """Set a new password hash; False when there is no account."""
    return bool(await tx.run(CHANGE, subject_id, password_hash))
