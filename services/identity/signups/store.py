"""Sign-ups that wait for their code."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from shared.database import Row, Transaction

# A repeated sign-up replaces the first, but not its age: 48 hours are the limit for all of them.
KEEP = """
INSERT INTO sign_up AS s (address_hash, password_hash, nonce, email, full_name, street, postal_code, city, country,
  phone, kind, company, nip, language)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (address_hash) DO UPDATE SET
  (password_hash, email, full_name, street, postal_code, city, country, phone, kind, company, nip, language) =
  (excluded.password_hash, excluded.email, excluded.full_name, excluded.street, excluded.postal_code, excluded.city,
   excluded.country, excluded.phone, excluded.kind, excluded.company, excluded.nip, excluded.language),
  nonce = excluded.nonce, code_expires_at = NULL, tries = 0, mail_due = true, attempts = 0, next_try_at = now(),
  mails = CASE WHEN s.mails_since < now() - interval '1 hour' THEN 1 ELSE s.mails + 1 END,
  mails_since = CASE WHEN s.mails_since < now() - interval '1 hour' THEN now() ELSE s.mails_since END
WHERE s.mails < $15 OR s.mails_since < now() - interval '1 hour'
"""
MAILS_PER_HOUR = 5
COLUMNS = ("email", "full_name", "street", "postal_code", "city", "country")
MORE_COLUMNS = ("phone", "kind", "company", "nip", "language")


async def keep(tx: Transaction, address_hash: bytes, password_hash: str, told: Mapping[str, str]) -> None:
    """Store a sign-up and have a code mailed; silently nothing when too many mails went there."""
    values = [told[column] for column in COLUMNS + MORE_COLUMNS]
    await tx.run(KEEP, address_hash, password_hash, uuid4(), *values, MAILS_PER_HOUR)


RESEND = """
UPDATE sign_up SET nonce = $2, code_expires_at = NULL, tries = 0, mail_due = true, attempts = 0, next_try_at = now(),
  mails = CASE WHEN mails_since < now() - interval '1 hour' THEN 1 ELSE mails + 1 END,
  mails_since = CASE WHEN mails_since < now() - interval '1 hour' THEN now() ELSE mails_since END
WHERE address_hash = $1 AND (mails < $3 OR mails_since < now() - interval '1 hour')
"""


async def ask_for_code(tx: Transaction, address_hash: bytes) -> None:
    """Have a fresh code mailed, within the limit."""
    await tx.run(RESEND, address_hash, uuid4(), MAILS_PER_HOUR)


TRY = """
UPDATE sign_up SET tries = tries + 1
WHERE address_hash = $1 AND tries < $2 AND code_expires_at > now() AND created_at > now() - interval '48 hours'
RETURNING nonce
"""
TRIES = 5


async def count_try(tx: Transaction, address_hash: bytes) -> UUID | None:
    """Count a try; the nonce of the code that would be right, or None when none is valid."""
    nonce: UUID | None = await tx.value(TRY, address_hash, TRIES)
    return nonce


TAKE = """
DELETE FROM sign_up WHERE address_hash = $1 AND nonce = $2
RETURNING email, password_hash, full_name, street, postal_code, city, country, phone, kind, company, nip, language
"""


async def take(tx: Transaction, address_hash: bytes, nonce: UUID) -> Row | None:
    """Take a sign-up out, once."""
    return await tx.row(TAKE, address_hash, nonce)
