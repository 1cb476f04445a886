"""Sign-ups that wait for their code."""

from dataclasses import astuple, dataclass
from uuid import UUID, uuid4

from services.identity.accounts.rules import DETAILS, Details
from services.identity.sign_ups.rules import SignUp
from shared.contracts.fields import Language
from shared.database import Transaction
from shared.mail.delivery import LEASE_S

CODES = "codes"
"""The loop that mails the codes."""

MAILS_PER_HOUR = 5
TRIES = 5
COLUMNS = ", ".join(DETAILS)

# A repeated sign-up replaces the first, but not its age: 48 hours are the limit for all of them.
STORE = f"""
INSERT INTO sign_up AS s (address_hash, nonce, password_hash, {COLUMNS})
VALUES ($1, $2, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (address_hash) DO UPDATE SET
  (password_hash, {COLUMNS}) = (excluded.password_hash, {", ".join(f"excluded.{name}" for name in DETAILS)}),
  nonce = excluded.nonce, code_expires_at = NULL, tries = 0, mail_due = true, attempts = 0, next_try_at = now(),
  mails = CASE WHEN s.mails_since < now() - interval '1 hour' THEN 1 ELSE s.mails + 1 END,
  mails_since = CASE WHEN s.mails_since < now() - interval '1 hour' THEN now() ELSE s.mails_since END
WHERE s.mails < $3 OR s.mails_since < now() - interval '1 hour'
"""  # noqa: S608 names of fields
RESEND = """
UPDATE sign_up SET nonce = $2, code_expires_at = NULL, tries = 0, mail_due = true, attempts = 0, next_try_at = now(),
  mails = CASE WHEN mails_since < now() - interval '1 hour' THEN 1 ELSE mails + 1 END,
  mails_since = CASE WHEN mails_since < now() - interval '1 hour' THEN now() ELSE mails_since END
WHERE address_hash = $1 AND (mails < $3 OR mails_since < now() - interval '1 hour')
"""
TRY = """
UPDATE sign_up SET tries = tries + 1
WHERE address_hash = $1 AND tries < $2 AND code_expires_at > now() AND created_at > now() - interval '48 hours'
RETURNING nonce
"""
TAKE = f"DELETE FROM sign_up WHERE address_hash = $1 AND nonce = $2 RETURNING password_hash, {COLUMNS}"  # noqa: S608


async def store(tx: Transaction, address_hash: bytes, sign_up: SignUp) -> None:
    """Store a sign-up and have a code mailed; does nothing when too many mails went there."""
    await tx.run(STORE, address_hash, uuid4(), MAILS_PER_HOUR, sign_up.password_hash, *astuple(sign_up.details))
    tx.wake(CODES)


async def ask_for_code(tx: Transaction, address_hash: bytes) -> None:
    """Have a fresh code mailed, within the limit."""
    await tx.run(RESEND, address_hash, uuid4(), MAILS_PER_HOUR)
    tx.wake(CODES)


async def count_try(tx: Transaction, address_hash: bytes) -> UUID | None:
    """Count a try; the nonce of the code that would be right, or None when none is valid."""
    nonce: UUID | None = await tx.value(TRY, address_hash, TRIES)
    return nonce


async def take(tx: Transaction, address_hash: bytes, nonce: UUID) -> SignUp | None:
    """Take a sign-up out, once."""
    row = await tx.row(TAKE, address_hash, nonce)
    if row is None:
        return None
    return SignUp(Details(**{name: row[name] for name in DETAILS}), row["password_hash"])


# A code is valid from the mail on, not from the sign-up: the mail server may have been away.
LEASE = """
WITH due AS MATERIALIZED (SELECT address_hash FROM sign_up WHERE mail_due AND next_try_at <= now()
  ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE sign_up SET attempts = attempts + 1, next_try_at = now() + make_interval(secs => $3),
  code_expires_at = now() + make_interval(secs => $2)
WHERE address_hash IN (SELECT address_hash FROM due)
RETURNING nonce, email, language, attempts
"""
MAILED = "UPDATE sign_up SET mail_due = false WHERE nonce = $1"
DROP = "DELETE FROM sign_up WHERE nonce = $1"
POSTPONE = "UPDATE sign_up SET next_try_at = now() + make_interval(secs => $2) WHERE nonce = $1"


@dataclass(frozen=True)
class CodeMail:
    """A code to be mailed; the nonce names the sign-up and is what the code is computed from."""

    nonce: UUID
    email: str
    language: Language
    attempts: int


async def lease_code_mails(tx: Transaction, limit: int, valid_s: float) -> list[CodeMail]:
    """The codes that are due; each is valid for `valid_s` seconds from now."""
    return [CodeMail(**row) for row in await tx.rows(LEASE, limit, valid_s, LEASE_S)]


async def mark_code_mailed(tx: Transaction, mail: CodeMail) -> None:
    await tx.run(MAILED, mail.nonce)


async def drop(tx: Transaction, mail: CodeMail) -> None:
    await tx.run(DROP, mail.nonce)


async def postpone_code_mail(tx: Transaction, mail: CodeMail, wait_s: float) -> None:
    await tx.run(POSTPONE, mail.nonce, wait_s)
