"""Mail that waits to be written to a person."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from shared.contracts.fields import Language
from shared.contracts.restriction import SERVICE_MAIL as GOES_ON
from shared.database import Transaction
from shared.mail.delivery import LEASE_S
from shared.purposes import restricted

SERVICE_MAIL = "service mail"
"""The loop that sends."""

STORE = "INSERT INTO service_mail (mail_id, subject_id, template, facts, email) VALUES ($1, $2, $3, $4, $5)"
RECENT = """
SELECT count(*) FROM service_mail
WHERE subject_id = $1 AND template = $2 AND created_at > now() - interval '1 hour'
"""


async def store(
    tx: Transaction,
    subject_id: UUID,
    template: str,
    facts: Mapping[str, str] | None = None,
    *,
    email: str | None = None,
) -> UUID:
    """Have a mail written, to the account's address or another; its id makes the Message-ID."""
    mail_id = uuid4()
    await tx.run(STORE, mail_id, subject_id, template, json.dumps(dict(facts or {})), email)
    tx.wake(SERVICE_MAIL)
    return mail_id


async def store_within_limit(
    tx: Transaction, subject_id: UUID, template: str, facts: Mapping[str, str] | None = None
) -> None:
    """Have a mail written that can be caused again and again, once an hour."""
    if not await tx.value(RECENT, subject_id, template):
        await store(tx, subject_id, template, facts)


# A mailbox that refused a mail gets none but what proves it anew, and who is restricted what the list lets through.
LEASE = f"""
WITH due AS MATERIALIZED (SELECT d.mail_id FROM service_mail d JOIN account a USING (subject_id)
  WHERE d.sent_at IS NULL AND d.refused_at IS NULL AND d.next_try_at <= now()
    AND (a.mail_refused_at IS NULL OR d.template = 'password-reset' OR d.email IS NOT NULL)
    AND (d.template = ANY ($3) OR NOT {restricted("d.subject_id")})
  ORDER BY d.next_try_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
UPDATE service_mail m SET attempts = attempts + 1, next_try_at = now() + make_interval(secs => $2)
FROM due, account a WHERE m.mail_id = due.mail_id AND a.subject_id = m.subject_id
RETURNING m.mail_id, m.subject_id, m.template, m.facts, m.attempts, coalesce(m.email, a.email) AS email,
  a.full_name, a.language
"""  # noqa: S608 constants
SENT = "UPDATE service_mail SET sent_at = now(), email = NULL WHERE mail_id = $1"
REFUSED = "UPDATE service_mail SET refused_at = now(), email = NULL WHERE mail_id = $1"
POSTPONE = "UPDATE service_mail SET next_try_at = now() + make_interval(secs => $2) WHERE mail_id = $1"


@dataclass(frozen=True)
class ServiceMail:
    """A mail to be sent and its recipient."""

    mail_id: UUID
    subject_id: UUID
    template: str
    facts: Mapping[str, str]
    attempts: int
    email: str
    full_name: str
    language: Language


async def lease(tx: Transaction, limit: int) -> list[ServiceMail]:
    """The mails that are due to people with an account."""
    rows = await tx.rows(LEASE, limit, LEASE_S, list(GOES_ON))
    return [ServiceMail(**{**row, "facts": json.loads(row["facts"])}) for row in rows]


async def mark_sent(tx: Transaction, mail: ServiceMail) -> None:
    await tx.run(SENT, mail.mail_id)


async def mark_refused(tx: Transaction, mail: ServiceMail) -> None:
    await tx.run(REFUSED, mail.mail_id)


async def postpone(tx: Transaction, mail: ServiceMail, wait_s: float) -> None:
    await tx.run(POSTPONE, mail.mail_id, wait_s)
