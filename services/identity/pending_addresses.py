"""Mailboxes that wait for a code: one code for all that wait, whoever began; it proves the mailbox and nothing else."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid4

from shared.contracts.fields import Language
from shared.database import Transaction
from shared.mail.delivery import LEASE_S
from shared.secrets import Keyring

CODES = "codes"
"""The loop that mails the codes."""
CODE = "sign-up code"
"""The use of the key by which the codes are computed from a mailbox's nonce."""

TRIES = 5
"""Of one who waits, at one code."""
TRIES_OF_ALL = 100
"""Of all who wait for a mailbox, at one code: then it has to be mailed anew."""

AWAIT = """
INSERT INTO pending_address (address_hash, email, language) VALUES ($1, $2, $3)
ON CONFLICT (address_hash) DO UPDATE SET email = excluded.email, language = excluded.language, newest_at = now()
"""
# Who waits before its mailbox, as erasures go. One without tries left doesn't use up those of the others.
TRY = """
WITH tried AS (
  UPDATE {table} s SET tried = p.nonce,
    tries = CASE WHEN s.tried = p.nonce THEN least(s.tries + 1, $2 + 1) ELSE 1 END
  FROM pending_address p WHERE p.address_hash = s.address_hash AND s.{key} = $1
    AND s.created_at > now() - interval '48 hours'
  RETURNING s.address_hash, s.email, s.tries)
UPDATE pending_address p SET tries = p.tries + (t.tries <= $2 AND p.tries <= $3)::integer
FROM tried t WHERE p.address_hash = t.address_hash
RETURNING CASE WHEN t.tries <= $2 AND p.tries <= $3 AND p.code_expires_at > now() THEN p.nonce END AS nonce, t.email
"""
KEYS = {"sign_up": "token_hash", "email_change": "effective_at IS NULL AND s.subject_id"}


@dataclass(frozen=True)
class Try:
    """A counted try: the address, and the nonce of the code that would be right, if any is."""

    nonce: UUID | None
    email: str

    def is_right(self, keyring: Keyring, code: str) -> bool:
        return self.nonce is not None and keyring.is_code(CODE, self.nonce.bytes, code)


async def await_code(tx: Transaction, address_hash: bytes, email: str, language: str) -> None:
    await tx.run(AWAIT, address_hash, email, language)


async def count_try(tx: Transaction, table: Literal["sign_up", "email_change"], key: bytes | UUID) -> Try | None:
    """Count a try of one who waits; None when nobody does."""
    row = await tx.row(TRY.format(table=table, key=KEYS[table]), key, TRIES, TRIES_OF_ALL)
    return None if row is None else Try(**row)


# A code that can still be typed stays the same: a stranger who asks for another doesn't spoil the one in the mail.
DUE = """
UPDATE pending_address p SET mail_due = true, attempts = 0, next_try_at = now(),
  nonce = CASE WHEN c.valid THEN nonce ELSE $2 END,
  tries = CASE WHEN c.valid THEN tries ELSE 0 END,
  code_expires_at = CASE WHEN c.valid THEN code_expires_at END
FROM (SELECT address_hash, coalesce(code_expires_at > now() AND tries < $3, false) AS valid FROM pending_address
  WHERE address_hash = $1 FOR UPDATE) c
WHERE p.address_hash = c.address_hash
"""
# A code is valid from the mail on, not from the sign-up: the mail server may have been away.
LEASE = """
WITH due AS MATERIALIZED (SELECT address_hash FROM pending_address WHERE mail_due AND next_try_at <= now()
  ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE pending_address SET attempts = attempts + 1, next_try_at = now() + make_interval(secs => $3),
  code_expires_at = now() + make_interval(secs => $2)
WHERE address_hash IN (SELECT address_hash FROM due)
RETURNING nonce, email, language, attempts
"""
MAILED = "UPDATE pending_address SET mail_due = false WHERE nonce = $1"
DROP = "DELETE FROM pending_address WHERE nonce = $1"
POSTPONE = "UPDATE pending_address SET next_try_at = now() + make_interval(secs => $2) WHERE nonce = $1"


@dataclass(frozen=True)
class CodeMail:
    """A code to be mailed; the nonce names the mailbox and is what the code is computed from."""

    nonce: UUID
    email: str
    language: Language
    attempts: int


async def have_code_mailed(tx: Transaction, address_hash: bytes) -> None:
    """Have the mailbox's code mailed: the one that is valid, or else a fresh one."""
    await tx.run(DUE, address_hash, uuid4(), TRIES_OF_ALL)
    tx.wake(CODES)


async def lease_code_mails(tx: Transaction, limit: int, valid_s: float) -> list[CodeMail]:
    """The codes that are due; each is valid for `valid_s` seconds from now."""
    return [CodeMail(**row) for row in await tx.rows(LEASE, limit, valid_s, LEASE_S)]


async def mark_code_mailed(tx: Transaction, mail: CodeMail) -> None:
    await tx.run(MAILED, mail.nonce)


async def drop(tx: Transaction, mail: CodeMail) -> None:
    """Drop all that waits for a mailbox that takes no mail."""
    await tx.run(DROP, mail.nonce)


async def postpone_code_mail(tx: Transaction, mail: CodeMail, wait_s: float) -> None:
    await tx.run(POSTPONE, mail.nonce, wait_s)
