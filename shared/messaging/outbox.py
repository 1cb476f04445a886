"""The outbox: events are stored in the transaction that causes them, and relayed to the broker after its commit.

Every process relays, without a leader: rows are locked with SKIP LOCKED while their confirms are in
flight and deleted after them. Order is not kept and nothing may rely on it. A row that the broker refuses
for its own sake holds up nobody: it waits for its next attempt, and after the last one for an operator.
"""

import asyncio
from collections.abc import Sequence

import aio_pika
from aio_pika import DeliveryMode
from aio_pika.abc import HeadersType
from opentelemetry.trace import SpanKind

from shared.database import Database, Transaction
from shared.loops import backoff, jittered
from shared.messaging import outbox_rows
from shared.messaging.outbox_rows import OutboxRow, Refusal
from shared.messaging.publisher import PASSING, UNCONFIRMED, Publisher, refusal
from shared.messaging.topology import EVENTS
from shared.observability import log, metrics
from shared.purposes import Purpose
from shared.tracing import Attributes, cause, current_traceparent
from shared.tracing import batch as traced_batch

OUTBOX = "outbox"
"""The loop that relays."""
BATCH = 100
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 3600.0
# A row too large stays too large: a minute of tries for what a deployment may mend. A queue at its limit is
# emptied by the next release or not at all: half a day of them.
TRIES = 6
TRIES_IF_PASSING = 24

Answer = BaseException | str | None
"""To a publish: nothing when the broker took the row, a word why it refused it, or what keeps it from being reached."""

ENQUEUE = """
INSERT INTO outbox (type, subject, body, traceparent)
SELECT type, subject, body, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS m (type, subject, body)
"""


async def enqueue(tx: Transaction) -> None:
    """Store what the transaction published; runs as its last step before the commit."""
    if not tx.outgoing:
        return
    types = [event.type_from(tx.service) for event in tx.outgoing]
    subjects = [_subject(getattr(event, "subject_id", None)) for event in tx.outgoing]
    bodies = [event.model_dump_json() for event in tx.outgoing]
    with cause(f"cause {types[0] if len(set(types)) == 1 else 'events'}"):
        await tx.run(ENQUEUE, types, subjects, bodies, current_traceparent())
    tx.outgoing.clear()
    tx.wake(OUTBOX)


def _subject(subject_id: object) -> str | None:
    return str(subject_id) if subject_id else None


async def anything_due(database: Database) -> bool:
    async with database.transaction(Purpose.UPKEEP) as tx:
        return await outbox_rows.any_due(tx)


async def relay(database: Database, publisher: Publisher) -> bool:
    """Publish one batch, delete what was confirmed, put off what was refused; answers whether more is waiting.

    Raises what keeps the broker from being reached, after the confirmed rest was deleted.
    """
    # a lost deletion means a message twice, which every consumer absorbs: no wait for the disk
    async with database.transaction(Purpose.UPKEEP, durable=False) as tx:
        batch = await outbox_rows.pick(tx, BATCH)
        answers = await _publish_all(publisher, database.service, batch) if batch else []
        confirmed = [row.message_id for row, answer in zip(batch, answers, strict=True) if answer is None]
        await outbox_rows.delete(tx, confirmed)
        refused = [(row, answer) for row, answer in zip(batch, answers, strict=True) if isinstance(answer, str)]
        await outbox_rows.put_off(tx, [_refusal(row, fault) for row, fault in refused])
    metrics.relayed.inc(len(confirmed))
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return len(batch) == BATCH


async def _publish_all(publisher: Publisher, service: str, batch: Sequence[OutboxRow]) -> list[Answer]:
    """All at once. A row that closes the channel takes others with it: those are tried again, each alone."""
    with traced_batch("relay outbox", SpanKind.PRODUCER, [row.traceparent for row in batch], _told(batch)):
        answers = list(await asyncio.gather(*(_attempt(publisher, service, row, alone=False) for row in batch)))
    if not all(isinstance(answer, BaseException) for answer in answers):  # to some it did answer
        answers = [UNCONFIRMED if isinstance(answer, TimeoutError) else answer for answer in answers]
    for place, row in enumerate(batch):
        if isinstance(answers[place], BaseException):
            answers[place] = await _attempt(publisher, service, row, alone=True)
            if isinstance(answers[place], BaseException):
                break
    return answers


def _told(batch: Sequence[OutboxRow]) -> Attributes:
    return {
        "messaging.system": "rabbitmq",
        "messaging.destination.name": EVENTS,
        "messaging.operation.type": "send",
        "messaging.batch.message_count": len(batch),
    }


async def _attempt(publisher: Publisher, service: str, row: OutboxRow, *, alone: bool) -> Answer:
    try:
        await _publish(publisher, service, row)
    except Exception as error:  # noqa: BLE001 whatever it is, the other rows go on
        return refusal(error, alone=alone) or error
    return None


def _refusal(row: OutboxRow, fault: str) -> Refusal:
    """When a refused row is tried next: later each time, with jitter, and not at all after its last attempt."""
    attempt = row.attempts + 1
    metrics.outbox_refused.labels(fault).inc()
    if attempt >= (TRIES_IF_PASSING if fault in PASSING else TRIES):
        log.error("event is in quarantine", type=row.type, reason=fault, attempt=attempt)
        return Refusal(row.message_id, fault, None)
    log.warning("event was refused", type=row.type, reason=fault, attempt=attempt)
    return Refusal(row.message_id, fault, jittered(backoff(attempt, FIRST_WAIT_S, LONGEST_WAIT_S)))


async def _publish(publisher: Publisher, service: str, row: OutboxRow) -> None:
    message = aio_pika.Message(
        row.body.encode(),
        message_id=str(row.message_id),
        type=row.type,
        app_id=service,
        timestamp=row.created_at,
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        headers=_headers(row),
    )
    await publisher.publish(EVENTS, row.type, message)


def _headers(row: OutboxRow) -> HeadersType:
    """CloudEvents attributes that AMQP 0-9-1 has no property for."""
    optional = {"subject": row.subject, "traceparent": row.traceparent}
    return {
        "specversion": "1.0",
        "dataschema": f"urn:lethe:{row.type}",
        **{key: value for key, value in optional.items() if value},
    }
