"""What waits in a service's own tables, counted for its metrics."""

from shared.database import Database
from shared.messaging import consumer_rows, outbox_rows
from shared.observability import metrics
from shared.purposes import Purpose

FIGURES = "figures"
"""The loop that counts."""


async def measure(database: Database) -> bool:
    """Count what waits in the outbox, stands in quarantine, and waits for a retry."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        outbox = await outbox_rows.figures(tx)
        consumers = await consumer_rows.consumers(tx)
    metrics.relay_lag.set(outbox.lag_s)
    metrics.outbox_waiting.set(outbox.waiting)
    metrics.outbox_quarantined.set(outbox.quarantined)
    for consumer in consumers:
        metrics.retries.labels(consumer.name).set(consumer.retries)
    return False
