"""Mail that waits to be written to a person."""

import json
from collections.abc import Mapping
from uuid import UUID, uuid4

from shared.database import Transaction

SENDER = "service mail"
"""The loop that sends."""

PUT = "INSERT INTO service_mail (mail_id, subject_id, template, facts) VALUES ($1, $2, $3, $4)"
RECENT = """
SELECT count(*) FROM service_mail
WHERE subject_id = $1 AND template = $2 AND created_at > now() - interval '1 hour'
"""


async def put(tx: Transaction, subject_id: UUID, template: str, facts: Mapping[str, str] | None = None) -> UUID:
    """Have a mail written; its id makes the Message-ID."""
    mail_id = uuid4()
    await tx.run(PUT, mail_id, subject_id, template, json.dumps(dict(facts or {})))
    tx.wake(SENDER)
    return mail_id


async def put_once_an_hour(tx: Transaction, subject_id: UUID, template: str, times: int = 1) -> UUID | None:
    """Have a mail written that strangers can cause, so many times an hour; None when that is used up."""
    if await tx.value(RECENT, subject_id, template) >= times:
        return None
    return await put(tx, subject_id, template)
