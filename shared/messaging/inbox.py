"""The inbox: every message counts once, and the person it is about is locked before anything else.

One round trip opens the handling of a message (kit_0001.sql, kit_0003.sql).
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from shared.database import Transaction
from shared.observability import metrics


class Standing(StrEnum):
    """What the database knows of a message and of the person it is about."""

    DUPLICATE = "duplicate"
    LIVE = "live"
    ERASED = "erased"
    NOBODY = "nobody"  # the message names no person


async def mark_received(tx: Transaction, message_id: UUID, consumer: str, subject_id: UUID | None) -> Standing:
    """Mark a message as received by a consumer and lock its person (`FOR KEY SHARE`)."""
    standing = Standing(await tx.value("SELECT lethe.enter($1, $2, $3)", message_id, consumer, subject_id))
    metrics.received.labels(consumer, standing).inc()
    return standing


async def mark_all_received(
    tx: Transaction, message_ids: Sequence[UUID], consumer: str, subject_ids: Sequence[UUID | None]
) -> list[Standing]:
    """The same for many messages and their people at once, in the order given."""
    words = await tx.value("SELECT lethe.enter_all($1, $2, $3)", message_ids, consumer, subject_ids)
    standings = [Standing(word) for word in words]
    for standing in standings:
        metrics.received.labels(consumer, standing).inc()
    return standings


async def lock_subject(tx: Transaction, subject_id: UUID) -> Standing:
    """Lock a person (`FOR KEY SHARE`) without a message: an erasure waits until this transaction has ended."""
    return Standing(await tx.value("SELECT lethe.enter(NULL, NULL, $1)", subject_id))


async def count(tx: Transaction) -> int:
    """How many marks there are."""
    return int(await tx.value("SELECT count(*) FROM inbox"))
