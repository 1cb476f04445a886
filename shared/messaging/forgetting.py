"""What the kit's own tables forget by themselves: they hold ids and hashes for as long as a copy may come."""

from shared.database import Database
from shared.messaging.idempotency import forget_old
from shared.purposes import Purpose

FORGETTING = "forgetting"
"""The loop that does it."""

# Longer than a message can wait anywhere but among the dead letters, and those have left no mark.
FORGET_MARKS = "DELETE FROM inbox WHERE received_at < now() - interval '90 days'"


async def forget(database: Database) -> bool:
    """Drop the marks of messages that can't come again, and idempotency keys older than a day."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        await tx.run(FORGET_MARKS)
        await forget_old(tx)
    return False
