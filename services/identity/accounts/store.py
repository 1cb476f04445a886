"""Accounts: what a member said about him- or herself."""

from dataclasses import astuple
from uuid import UUID

from services.identity.accounts.rules import DETAILS, Details
from shared.contracts import identity
from shared.database import Transaction
from shared.problems import refuse

OWNER = """
SELECT c.subject_id FROM confirmed_address c JOIN account a USING (subject_id) WHERE c.address_hash = $1
"""
BEGIN = f"""
INSERT INTO account (subject_id, {", ".join(DETAILS)})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING
"""  # noqa: S608 names of fields
STORE_CREDENTIAL = "INSERT INTO credential (subject_id, password_hash) VALUES ($1, $2)"
READ = f"SELECT {', '.join(DETAILS)} FROM account WHERE subject_id = $1"  # noqa: S608 names of fields
LOCK = "SELECT true FROM account WHERE subject_id = $1 FOR NO KEY UPDATE"
SET_EMAIL = "UPDATE account SET email = $2, mail_refused_at = NULL WHERE subject_id = $1"
MARK_REFUSING = "UPDATE account SET mail_refused_at = now() WHERE subject_id = $1 AND email = $2"
MARK_REACHED = "UPDATE account SET mail_refused_at = NULL WHERE subject_id = $1 AND mail_refused_at IS NOT NULL"
CORRECT = """
UPDATE account SET full_name = $2, street = $3, postal_code = $4, city = $5, country = $6, phone = $7, company = $8,
  nip = $9, language = $10, kind = $11, vat_number = $12
WHERE subject_id = $1
"""


async def owner(tx: Transaction, address_hash: bytes) -> UUID | None:
    """Who has an account under this address."""
    subject_id: UUID | None = await tx.value(OWNER, address_hash)
    return subject_id


async def begin(tx: Transaction, subject_id: UUID, details: Details, password_hash: str) -> bool:
    """Make an account and its credential; False when the person has one."""
    if not await tx.run(BEGIN, subject_id, *astuple(details)):
        return False
    await tx.run(STORE_CREDENTIAL, subject_id, password_hash)
    return True


async def profile(tx: Transaction, subject_id: UUID) -> identity.Profile:
    """Raises Refused (404)."""
    row = await tx.row(READ, subject_id)
    if row is None:
        raise refuse(404, "no account of this person")
    return identity.Profile.model_validate(dict(row))


async def exists(tx: Transaction, subject_id: UUID) -> bool:
    """Whether this person has an account; then nobody else changes it until the end of the transaction."""
    return bool(await tx.value(LOCK, subject_id))


async def lock(tx: Transaction, subject_id: UUID) -> None:
    """Serialize the changes of one account."""
    await tx.value(LOCK, subject_id)


async def correct(tx: Transaction, subject_id: UUID, p: identity.Profile) -> None:
    address = (p.street, p.postal_code, p.city, p.country, p.phone)
    firm = (p.company, p.nip, p.language, p.kind, p.vat_number)
    await tx.run(CORRECT, subject_id, p.full_name, *address, *firm)


async def mark_refusing(tx: Transaction, subject_id: UUID, email: str) -> None:
    """Note that an address takes no mail, unless it was changed meanwhile."""
    await tx.run(MARK_REFUSING, subject_id, email)


async def mark_reached(tx: Transaction, subject_id: UUID) -> None:
    """Note that the owner got a mail at the address."""
    await tx.run(MARK_REACHED, subject_id)


async def set_email(tx: Transaction, subject_id: UUID, email: str) -> None:
    """Set an address that was proved just now."""
    await tx.run(SET_EMAIL, subject_id, email)
