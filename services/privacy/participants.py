"""Who takes part in an erasure: every service that announced its data map."""

import json

from shared.contracts import participants
from shared.database import Transaction
from shared.messaging.faults import Rejected
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")

JOIN = """
INSERT INTO participant (service, map_version, tables, recipients) VALUES ($1, $2, $3, $4)
ON CONFLICT (service) DO UPDATE SET map_version = excluded.map_version, tables = excluded.tables,
  recipients = excluded.recipients, announced_at = now(), left_at = NULL, left_reason = NULL
WHERE participant.map_version <= excluded.map_version
"""


@router.event(participants.DataMapAnnounced, purpose=Purpose.UPKEEP)
async def join(event: participants.DataMapAnnounced, tx: Transaction, message_type: str) -> None:
    """Count a service in from the next order on."""
    speaks_for_itself(event.service, message_type)
    if not event.tables:
        raise Rejected("data map without a table")
    tables = json.dumps([table.model_dump() for table in event.tables])
    await tx.run(JOIN, event.service, event.version, tables, list(event.recipients))
    tx.wake("dispatcher")
    tx.wake("publishing")


def speaks_for_itself(service: str, message_type: str) -> None:
    """Raise Rejected when a message claims to come from another service than its type says."""
    if message_type.partition(".")[0] != service:
        raise Rejected("a service may only speak for itself")
