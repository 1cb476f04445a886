"""Whose messages wait in the retry tiers: noted in the service's own database, as the tiers are everybody's.

A note is for operators. Where it fails (the database may be what the message failed of) the message goes its way.
"""

from uuid import UUID

from aio_pika.abc import AbstractIncomingMessage

from shared.database import Database
from shared.messaging import consumer_rows
from shared.messaging.retry import attempts, tier_of
from shared.observability import log, what_failed
from shared.purposes import Purpose


async def note_waiting(database: Database, queue: str, message: AbstractIncomingMessage, fault: str) -> None:
    """A copy of this message waits for its next attempt."""
    attempt = attempts(message) + 1
    wait_s = tier_of(attempt).wait_ms / 1000
    try:
        async with database.transaction(Purpose.UPKEEP, durable=False) as tx:
            await consumer_rows.waits(tx, UUID(message.message_id), queue, attempt, fault, wait_s)
    except Exception as error:  # noqa: BLE001 no note stops its message
        log.warning("retry not noted", queue=queue, **what_failed(error))


async def note_end(database: Database, queue: str, message: AbstractIncomingMessage) -> None:
    """This message has an outcome; there is a note of it only if it has failed before."""
    if not attempts(message):
        return
    try:
        async with database.transaction(Purpose.UPKEEP, durable=False) as tx:
            await consumer_rows.waits_no_more(tx, UUID(message.message_id), queue)
    except Exception as error:  # noqa: BLE001 no note stops its message
        log.warning("retry not noted", queue=queue, **what_failed(error))
