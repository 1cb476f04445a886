"""What the kit's own tables drop by age: marks and hashes, kept for as long as a copy may come."""

from shared.database import Database
from shared.messaging import consumer_rows, dropped_letters, inbox, outbox_rows
from shared.messaging.idempotency import drop_old_keys
from shared.observability import metrics
from shared.purposes import Purpose

HOUSEKEEPING = "housekeeping"
"""The loop that does it."""

# Longer than a message can wait anywhere but among the dead letters, and those have left no mark.
DROP_MARKS = "DELETE FROM inbox WHERE received_at < now() - interval '90 days'"


async def drop_old_marks(database: Database) -> bool:
    """Drop the marks of messages that can't come again, idempotency keys older than a day and old reasons.

    Counts what is left of the marks: often enough, as the table is large.
    """
    async with database.transaction(Purpose.UPKEEP) as tx:
        await tx.run(DROP_MARKS)
        await outbox_rows.forget_dropped(tx)
        await dropped_letters.forget_old(tx)
        await consumer_rows.drop_stale(tx)
        await drop_old_keys(tx)
        metrics.inbox.set(await inbox.count(tx))
    return False
