"""Subscribers: who gets the newsletter, who left, and whose mailbox is gone (GDPR Art. 7(3), 21(2)-(3))."""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.marketing.addresses import current_hash
from shared.clock import now, today
from shared.contracts import marketing
from shared.database import Transaction
from shared.law import retention
from shared.purposes import Purpose
from shared.secrets import Keyring

Source = Literal["double opt-in", "account"]

STORE = """
INSERT INTO subscriber (subject_id, state, email, address_hash, language, source, since, keep_until)
VALUES ($1, 'subscribed', $2, $3, $4, $5, now(), $6)
ON CONFLICT (subject_id) DO UPDATE SET state = 'subscribed', email = excluded.email,
  address_hash = excluded.address_hash, language = excluded.language, source = excluded.source,
  since = CASE WHEN subscriber.state = 'subscribed' THEN subscriber.since ELSE excluded.since END,
  left_at = NULL, stale = false, unreachable_version = NULL, asked_on = NULL, keep_until = excluded.keep_until
"""
OUTDATE = "UPDATE subscriber SET stale = true WHERE subject_id = $1 AND state IN ('subscribed', 'unreachable')"
RENEW = """
UPDATE subscriber SET keep_until = $2, asked_on = NULL
WHERE subject_id = $1 AND state = 'subscribed' AND keep_until < $2
"""
UNREACHABLE = f"""
UPDATE subscriber SET state = 'unreachable', email = NULL, keep_until = NULL, asked_on = NULL,
  unreachable_version = (SELECT version FROM permission p
    WHERE p.subject_id = subscriber.subject_id AND p.purpose = '{Purpose.MARKETING_EMAIL}')
WHERE subject_id = $1 AND state = 'subscribed'
"""  # noqa: S608 constants


async def store(tx: Transaction, keyring: Keyring, subject_id: UUID, email: str, language: str, source: Source) -> None:
    """Store or renew marketing's copy of a confirmed address."""
    address_hash = await current_hash(tx, keyring, email)
    keep_until = retention.marketing(today()).until
    await tx.run(STORE, subject_id, email, address_hash, language, source, keep_until)


# Whoever gets mail in the mailbox of a link, if its person does not: erased, and signed up anew.
READER = """
SELECT subject_id, CASE WHEN asked_on IS NOT NULL THEN keep_until END AS ends_on FROM subscriber
WHERE (subject_id = $1 OR address_hash = $2) AND state = 'subscribed' ORDER BY subject_id <> $1 LIMIT 1
"""


ADDRESS = "SELECT email, language FROM subscriber WHERE subject_id = $1 AND state = 'subscribed' AND email IS NOT NULL"


async def address(tx: Transaction, subject_id: UUID) -> marketing.ReaderAddress | None:
    row = await tx.row(ADDRESS, subject_id)
    return marketing.ReaderAddress.model_validate(dict(row)) if row else None


@dataclass(frozen=True)
class Reader:
    """Somebody who gets the newsletter; `ends_on` is the last day of one who is asked to stay."""

    subject_id: UUID
    ends_on: date | None


async def reader(tx: Transaction, subject_id: UUID, address_hash: bytes | None = None) -> Reader | None:
    """The person, or who has the mailbox of that hash now; None when nobody gets mail."""
    row = await tx.row(READER, subject_id, address_hash)
    return None if row is None else Reader(**row)


WAS_ERASED = "SELECT NOT live FROM subject WHERE subject_id = $1"


async def was_erased(tx: Transaction, subject_id: UUID) -> bool:
    return bool(await tx.value(WAS_ERASED, subject_id))


async def mark_outdated(tx: Transaction, subject_id: UUID) -> bool:
    """Have the address of a subscriber, or of an unreachable one, asked for anew; False for anybody else."""
    return bool(await tx.run(OUTDATE, subject_id))


async def renew_retention(tx: Transaction, subject_id: UUID, keep_until: date | None) -> None:
    """Keep a subscription longer after an interaction, or because the person says so."""
    await tx.run(RENEW, subject_id, keep_until)


async def mark_unreachable(tx: Transaction, subject_id: UUID) -> None:
    """Forget the address of a mailbox that does not exist, until the person decides anew."""
    await tx.run(UNREACHABLE, subject_id)


# In the sender's order: first the permission, on which a mail under way is waited for. The version stays:
# what the ledger decides about this leaving has a higher one.
FORBID = """
INSERT INTO permission (subject_id, purpose, allowed, version)
SELECT $1, purpose, false, 0 FROM unnest($2::text[]) AS p (purpose) ORDER BY purpose
ON CONFLICT (subject_id, purpose) DO UPDATE SET allowed = false WHERE permission.allowed
"""
LEAVE = """
UPDATE subscriber SET state = 'left', left_at = $2, email = NULL, keep_until = NULL, asked_on = NULL
WHERE subject_id = $1 AND state <> 'left'
"""
DROP_MAILINGS = """
WITH dropped AS (DELETE FROM mailing WHERE subject_id = $1 RETURNING campaign_id, state)
UPDATE campaign c SET cancelled = cancelled + 1 FROM dropped
WHERE dropped.campaign_id = c.campaign_id AND dropped.state IN ('queued', 'sending')
"""
DROP_INTERESTS = "DELETE FROM interest WHERE subject_id = $1"
SUPPRESS = """
INSERT INTO suppression (address_hash, reason)
SELECT address_hash, 'objected' FROM subscriber WHERE subject_id = $1 AND address_hash IS NOT NULL
ON CONFLICT DO NOTHING
"""
CHANNELS = (Purpose.MARKETING_EMAIL, Purpose.MARKETING_PHONE, Purpose.MARKETING_SMS)
OBJECTED = (Purpose.MARKETING, *CHANNELS, Purpose.PROFILING)


async def leave(tx: Transaction, subject_id: UUID, method: str, *, objects: bool) -> None:
    """End the newsletter, or all of direct marketing: here at once, in the ledger by the event."""
    changes = await tx.run(FORBID, subject_id, list(OBJECTED if objects else (Purpose.MARKETING_EMAIL,)))
    at = now()
    changes += await tx.run(LEAVE, subject_id, at)
    await tx.run(DROP_MAILINGS, subject_id)
    if objects:
        await tx.run(DROP_INTERESTS, subject_id)
        await tx.run(SUPPRESS, subject_id)
    if changes:
        tx.publish(marketing.Unsubscribed(subject_id=subject_id, objects=objects, method=method, decided_at=at))
