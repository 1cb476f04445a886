"""Sending service mail: at least once, with a stable Message-ID; each sending is a disclosure."""

import asyncio
import json

from services.identity.delivery import Delivery, Letter, Outcome, wait_s
from services.identity.keys import Keys
from services.identity.service_mail import words
from services.identity.settings import IdentitySettings
from shared.clock import now
from shared.contracts import participants
from shared.database import Database, Row, Transaction
from shared.purposes import ProcessingPurpose, Purpose

BATCH = 10

LEASE = """
UPDATE service_mail m SET attempts = attempts + 1, next_try_at = now() + interval '1 minute'
FROM account a
WHERE a.subject_id = m.subject_id AND m.mail_id IN (
  SELECT d.mail_id FROM service_mail d JOIN account USING (subject_id)
  WHERE d.sent_at IS NULL AND d.refused_at IS NULL AND d.next_try_at <= now()
  ORDER BY d.next_try_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
RETURNING m.mail_id, m.subject_id, m.template, m.facts, m.attempts, a.email, a.full_name, a.language
"""
SENT = "UPDATE service_mail SET sent_at = now() WHERE mail_id = $1"
REFUSED = "UPDATE service_mail SET refused_at = now() WHERE mail_id = $1"
LATER = "UPDATE service_mail SET next_try_at = now() + make_interval(secs => $2) WHERE mail_id = $1"


async def send_due(database: Database, delivery: Delivery, keys: Keys, settings: IdentitySettings) -> bool:
    """Send what is due; answers whether more may be waiting.

    The leases are committed before and the outcomes after: no lock is held while a mail server thinks.
    """
    async with database.transaction(Purpose.UPKEEP) as tx:
        due = await tx.rows(LEASE, BATCH)
    outcomes = await asyncio.gather(*(delivery.deliver(letter(row, keys)) for row in due))
    if due:
        async with database.transaction(Purpose.UPKEEP) as tx:
            for row, outcome in zip(due, outcomes, strict=True):
                await _note(tx, row, outcome, settings)
    return len(due) == BATCH and "sent" in outcomes


async def _note(tx: Transaction, row: Row, outcome: Outcome, settings: IdentitySettings) -> None:
    if outcome == "sent":
        await tx.run(SENT, row["mail_id"])
        tx.publish(_disclosed(row, settings))
    elif outcome == "refused":
        await tx.run(REFUSED, row["mail_id"])
    else:
        await tx.run(LATER, row["mail_id"], wait_s(row["attempts"], settings.mail_retry_s))


def letter(row: Row, keys: Keys) -> Letter:
    """The mail that a row asks for."""
    facts = json.loads(row["facts"])
    if row["template"] == "password-reset":
        facts["token"] = keys.reset_token(row["mail_id"])
    subject, text = words.compose(row["template"], row["language"], row["full_name"], facts)
    return Letter(key=f"service-{row['mail_id']}", to=row["email"], subject=subject, text=text)


def _disclosed(row: Row, settings: IdentitySettings) -> participants.Disclosed:
    """The mail provider saw name and address; also when the person was erased meanwhile."""
    return participants.Disclosed(
        subject_id=row["subject_id"],
        recipient=settings.mail_provider,
        purpose=ProcessingPurpose.SERVICE_MAIL,
        categories=("D1", "D5"),
        disclosed_at=now(),
    )
