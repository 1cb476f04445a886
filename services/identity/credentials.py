"""Stored passwords: an Argon2id hash per account."""

from dataclasses import dataclass
from uuid import UUID

from shared.database import Transaction

OF_ADDRESS = """
SELECT c.subject_id, c.password_hash FROM confirmed_address a JOIN credential c USING (subject_id)
WHERE a.address_hash = $1
"""
OF_SUBJECT = "SELECT subject_id, password_hash FROM credential WHERE subject_id = $1"
STANDS = "SELECT true FROM credential WHERE subject_id = $1 AND password_hash = $2 FOR NO KEY UPDATE"
RENEW = "UPDATE credential SET password_hash = $2 WHERE subject_id = $1"
CHANGE = "UPDATE credential SET password_hash = $2, changed_at = now() WHERE subject_id = $1"


@dataclass(frozen=True)
class Credential:
    """Whose password, and its hash."""

    subject_id: UUID
    password_hash: str


async def of_address(tx: Transaction, address_hash: bytes) -> Credential | None:
    row = await tx.row(OF_ADDRESS, address_hash)
    return None if row is None else Credential(**row)


async def of_subject(tx: Transaction, subject_id: UUID) -> Credential | None:
    row = await tx.row(OF_SUBJECT, subject_id)
    return None if row is None else Credential(**row)


async def stands(tx: Transaction, credential: Credential) -> bool:
    """Whether the password was not changed meanwhile; nobody changes it until the transaction ends."""
    return bool(await tx.value(STANDS, credential.subject_id, credential.password_hash))


async def renew(tx: Transaction, subject_id: UUID, password_hash: str) -> None:
    await tx.run(RENEW, subject_id, password_hash)


async def change(tx: Transaction, subject_id: UUID, password_hash: str) -> None:
    await tx.run(CHANGE, subject_id, password_hash)
