"""Who takes part in an erasure: every service that announced its data map."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from shared.contracts.participants import DataMapAnnounced, MappedTable
from shared.database import Transaction
from shared.messaging.faults import Rejected

JOIN = """
INSERT INTO participant (service, map_version, tables, recipients, unkeyed, in_force_since)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (service) DO UPDATE SET map_version = excluded.map_version, tables = excluded.tables,
  recipients = excluded.recipients, unkeyed = excluded.unkeyed, announced_at = now(),
  left_at = NULL, left_reason = NULL, in_force_since = excluded.in_force_since
WHERE coalesce(participant.in_force_since <= excluded.in_force_since, participant.map_version <= excluded.map_version)
"""
ANNOUNCED = "SELECT service, tables, recipients FROM participant WHERE left_at IS NULL ORDER BY service"


@dataclass(frozen=True)
class Announced:
    """What a participant holds and whom it gives data to."""

    service: str
    tables: tuple[MappedTable, ...]
    recipients: tuple[str, ...]


async def join(tx: Transaction, event: DataMapAnnounced) -> None:
    """Count a service in from the next order on; an older data map counts only when the service went back to it."""
    if not event.tables:
        raise Rejected("data map without a table")
    tables = json.dumps([table.model_dump() for table in event.tables])
    unkeyed = None if event.unkeyed is None else json.dumps([table.model_dump() for table in event.unkeyed])
    facts = (event.version, tables, list(event.recipients), unkeyed, event.in_force_since)
    await tx.run(JOIN, event.service, *facts)


async def announced(tx: Transaction) -> list[Announced]:
    """Everybody who takes part, by name."""
    return [
        Announced(
            row["service"],
            tuple(MappedTable.model_validate(table) for table in json.loads(row["tables"])),
            tuple(row["recipients"]),
        )
        for row in await tx.rows(ANNOUNCED)
    ]


def maps(announced: Iterable[Announced]) -> dict[str, tuple[MappedTable, ...]]:
    return {participant.service: participant.tables for participant in announced}


def recipients(announced: Iterable[Announced]) -> dict[str, tuple[str, ...]]:
    return {participant.service: participant.recipients for participant in announced}


def check_speaks_for_itself(service: str, message_type: str) -> None:
    """Raise Rejected when a message claims to come from another service than its type says."""
    if message_type.partition(".")[0] != service:
        raise Rejected("a service may only speak for itself")
