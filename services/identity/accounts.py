"""Accounts: what a member told about him- or herself."""

from uuid import UUID

from shared.contracts import identity
from shared.database import Row, Transaction
from shared.problems import refuse

HOLDER = """
SELECT c.subject_id FROM confirmed_address c JOIN account a USING (subject_id) WHERE c.address_hash = $1
"""
BEGIN = """
INSERT INTO account (subject_id, email, full_name, street, postal_code, city, country, phone, kind, company, nip,
  language)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING
"""
KEEP_CREDENTIAL = "INSERT INTO credential (subject_id, password_hash) VALUES ($1, $2)"
READ = """
SELECT email, full_name, street, postal_code, city, country, phone, kind, company, nip, language
FROM account WHERE subject_id = $1
"""
LOCK = "SELECT true FROM account WHERE subject_id = $1 FOR NO KEY UPDATE"
CORRECT = """
UPDATE account SET full_name = $2, street = $3, postal_code = $4, city = $5, country = $6, phone = $7, company = $8,
  nip = $9, language = $10
WHERE subject_id = $1
"""


async def holder(tx: Transaction, address_hash: bytes) -> UUID | None:
    """Who has an account under this address."""
    found: UUID | None = await tx.value(HOLDER, address_hash)
    return found


async def begin(tx: Transaction, subject_id: UUID, signed_up: Row) -> bool:
    """Make the account and its credential of a sign-up; False when the person has one."""
    s = signed_up
    address = (s["street"], s["postal_code"], s["city"], s["country"], s["phone"])
    party = (s["kind"], s["company"], s["nip"], s["language"])
    if not await tx.run(BEGIN, subject_id, s["email"], s["full_name"], *address, *party):
        return False
    await tx.run(KEEP_CREDENTIAL, subject_id, s["password_hash"])
    return True


async def profile(tx: Transaction, subject_id: UUID) -> identity.Profile:
    """What an account holds. Raises Refused (404)."""
    row = await tx.row(READ, subject_id)
    if row is None:
        raise refuse(404, "no account of this person")
    return identity.Profile.model_validate(dict(row))


async def lock(tx: Transaction, subject_id: UUID) -> None:
    """Let one change of an account wait for the other."""
    await tx.value(LOCK, subject_id)


async def correct(tx: Transaction, subject_id: UUID, p: identity.Profile) -> None:
    """Overwrite what a person may correct."""
    address = (p.street, p.postal_code, p.city, p.country, p.phone)
    await tx.run(CORRECT, subject_id, p.full_name, *address, p.company, p.nip, p.language)
