"""The outbox: events are stored in the transaction that causes them, and relayed to the broker after its commit.

Every process relays, without a leader: rows are locked with SKIP LOCKED while their confirms are in
flight and deleted after them. Order is not kept and nothing may rely on it.
"""

import asyncio

import aio_pika
from aio_pika import DeliveryMode
from aio_pika.abc import HeadersType

from shared.database import Database, Row, Transaction
from shared.messaging.publisher import Publisher
from shared.messaging.topology import EVENTS
from shared.observability import current_traceparent, metrics
from shared.purposes import Purpose

OUTBOX = "outbox"
"""The loop that relays."""
BATCH = 100

ENQUEUE = """
INSERT INTO outbox (type, subject, body, traceparent)
SELECT type, subject, body, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS m (type, subject, body)
"""
LOCK_BATCH = """
SELECT message_id, type, subject, body, traceparent, created_at,
       extract(epoch FROM clock_timestamp() - created_at)::float AS age
FROM outbox ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""
DELETE = "DELETE FROM outbox WHERE message_id = ANY ($1::uuid[])"
OLDEST = "SELECT extract(epoch FROM clock_timestamp() - min(created_at))::float FROM outbox"


async def enqueue(tx: Transaction) -> None:
    """Store what the transaction published; runs as its last step before the commit."""
    if not tx.outgoing:
        return
    types = [event.type_from(tx.service) for event in tx.outgoing]
    subjects = [_subject(getattr(event, "subject_id", None)) for event in tx.outgoing]
    bodies = [event.model_dump_json() for event in tx.outgoing]
    await tx.run(ENQUEUE, types, subjects, bodies, current_traceparent())
    tx.outgoing.clear()
    tx.wake(OUTBOX)


def _subject(subject_id: object) -> str | None:
    return str(subject_id) if subject_id else None


async def lag(database: Database) -> float:
    """The age in seconds of the oldest message that waits; 0 when none does."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        seconds: float = await tx.value(OLDEST) or 0.0
    metrics.relay_lag.set(seconds)
    return seconds


async def relay(database: Database, publisher: Publisher) -> bool:
    """Publish one batch and delete what was confirmed; answers whether more is waiting.

    Raises the first publishing error after the confirmed rest was deleted.
    """
    # a lost deletion means a message twice, which every consumer absorbs: no wait for the disk
    async with database.transaction(Purpose.UPKEEP, durable=False) as tx:
        batch = await tx.rows(LOCK_BATCH, BATCH)
        metrics.relay_lag.set(batch[0]["age"] if batch else 0.0)
        if not batch:
            return False
        answers = await asyncio.gather(
            *(_publish(publisher, database.service, row) for row in batch), return_exceptions=True
        )
        confirmed = [row["message_id"] for row, answer in zip(batch, answers, strict=True) if answer is None]
        await tx.run(DELETE, confirmed)
    metrics.relayed.inc(len(confirmed))
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return len(batch) == BATCH


async def _publish(publisher: Publisher, service: str, row: Row) -> None:
    message = aio_pika.Message(
        row["body"].encode(),
        message_id=str(row["message_id"]),
        type=row["type"],
        app_id=service,
        timestamp=row["created_at"],
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        headers=_headers(row),
    )
    await publisher.publish(EVENTS, row["type"], message)


def _headers(row: Row) -> HeadersType:
    """CloudEvents attributes that AMQP 0-9-1 has no property for."""
    optional = {"subject": row["subject"], "traceparent": row["traceparent"]}
    return {
        "specversion": "1.0",
        "dataschema": f"urn:lethe:{row['type']}",
        **{key: value for key, value in optional.items() if value},
    }
