"""Entered addresses that wait for their confirmation: sealed, known by a keyed hash, 48 hours at most."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.fields import Language
from shared.database import Transaction
from shared.mail.delivery import LEASE_S

CONFIRMATIONS = "confirmations"
"""The loop that mails the links."""

MAILS_PER_SIGN_UP = 3
VALID = "interval '48 hours'"

DROP_EXPIRED_OF = f"DELETE FROM signup WHERE address_hash = $1 AND entered_at < now() - {VALID}"  # noqa: S608
# An entry repeated too early or too often changes nothing. The consent text stays that of the first entry: it
# is in the mail that went out.
ENTER = f"""
INSERT INTO signup (address_hash, sealed_address, language, text_version) VALUES ($1, $2, $3, $4)
ON CONFLICT (address_hash) DO UPDATE SET mail_due_at = now(), attempts = 0
WHERE signup.mails < {MAILS_PER_SIGN_UP} AND signup.mailed_at < now() - make_interval(secs => $5)
"""  # noqa: S608 constants
FIND = f"""
SELECT sealed_address, confirmed_at FROM signup WHERE signup_id = $1 AND entered_at > now() - {VALID}
"""  # noqa: S608 constants
CONFIRM = """
UPDATE signup SET confirmed_at = now(), sealed_address = NULL, address_hash = NULL, mail_due_at = NULL
WHERE signup_id = $1 AND confirmed_at IS NULL RETURNING language, text_version
"""
DROP_EXPIRED = f"""
WITH old AS MATERIALIZED (
  SELECT signup_id FROM signup WHERE entered_at < now() - {VALID} LIMIT $1 FOR UPDATE SKIP LOCKED)
DELETE FROM signup WHERE signup_id IN (SELECT signup_id FROM old)
"""  # noqa: S608 constants
DROP = "DELETE FROM signup WHERE signup_id = ANY ($1)"
DROP_OF_SUBSCRIBERS = """
DELETE FROM signup WHERE address_hash IN (SELECT address_hash FROM subscriber WHERE subject_id = ANY ($1))
"""


@dataclass(frozen=True)
class Entry:
    """An address as it is stored, and the consent text that was shown."""

    address_hash: bytes
    sealed_address: bytes
    language: Language
    text_version: str


@dataclass(frozen=True)
class SignUp:
    """A sign-up whose time is not over; a confirmed one has no address any more."""

    sealed_address: bytes | None
    confirmed_at: datetime | None


@dataclass(frozen=True)
class ConfirmedSignUp:
    """What was consented to."""

    language: Language
    text_version: str


async def enter(tx: Transaction, entry: Entry, resend_after_s: float) -> None:
    await tx.run(DROP_EXPIRED_OF, entry.address_hash)
    columns = (entry.address_hash, entry.sealed_address, entry.language, entry.text_version)
    await tx.run(ENTER, *columns, resend_after_s)
    tx.wake(CONFIRMATIONS)


async def find(tx: Transaction, signup_id: UUID) -> SignUp | None:
    row = await tx.row(FIND, signup_id)
    return None if row is None else SignUp(**row)


async def confirm(tx: Transaction, signup_id: UUID) -> ConfirmedSignUp | None:
    """Confirm a sign-up, which empties it; None when it was confirmed before."""
    row = await tx.row(CONFIRM, signup_id)
    return None if row is None else ConfirmedSignUp(**row)


async def drop_expired(tx: Transaction, limit: int) -> int:
    return await tx.run(DROP_EXPIRED, limit)


async def drop(tx: Transaction, signup_ids: list[UUID]) -> None:
    await tx.run(DROP, signup_ids)


async def drop_of_subscribers(tx: Transaction, subject_ids: list[UUID]) -> None:
    """Drop half-finished sign-ups by the addresses of these people."""
    await tx.run(DROP_OF_SUBSCRIBERS, subject_ids)


LEASE = f"""
WITH due AS MATERIALIZED (
  SELECT signup_id FROM signup WHERE mail_due_at <= now() AND entered_at > now() - {VALID}
  ORDER BY mail_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE signup SET attempts = attempts + 1, mail_due_at = now() + make_interval(secs => $2)
WHERE signup_id IN (SELECT signup_id FROM due)
RETURNING signup_id, sealed_address, language, text_version, mails, attempts
"""  # noqa: S608 constants
MAILED = "UPDATE signup SET mail_due_at = NULL, mails = mails + 1, mailed_at = now() WHERE signup_id = $1"
POSTPONE = """
UPDATE signup SET mail_due_at = now() + make_interval(secs => $2) WHERE signup_id = $1 AND mail_due_at IS NOT NULL
"""


@dataclass(frozen=True)
class ConfirmationMail:
    """A link to be mailed; `mails` counts those that went out before."""

    signup_id: UUID
    sealed_address: bytes
    language: Language
    text_version: str
    mails: int
    attempts: int


async def lease_mails(tx: Transaction, limit: int) -> list[ConfirmationMail]:
    return [ConfirmationMail(**row) for row in await tx.rows(LEASE, limit, LEASE_S)]


async def mark_mailed(tx: Transaction, mail: ConfirmationMail) -> None:
    await tx.run(MAILED, mail.signup_id)


async def postpone_mail(tx: Transaction, mail: ConfirmationMail, wait_s: float) -> None:
    await tx.run(POSTPONE, mail.signup_id, wait_s)
