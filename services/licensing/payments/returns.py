"""Sending back money that came for an order that is no more."""

from services.licensing.payments.provider import Provider
from services.licensing.payments.store import money_went
from shared.database import Database
from shared.purposes import Purpose

LOOP = "returns"
BATCH = 20

WAITING = """
SELECT reference, amount FROM void_payment WHERE confirmed_at IS NOT NULL AND sent_back_at IS NULL
ORDER BY confirmed_at LIMIT $1
"""
FORGET = """
DELETE FROM void_payment WHERE voided_at < now() - interval '90 days'
  AND (confirmed_at IS NULL OR sent_back_at IS NOT NULL)
"""


async def send_back(database: Database, provider: Provider) -> bool:
    """Let the provider return what waits; the provider honours a reference once, however often it is asked."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        await tx.run(FORGET)
        waiting = await tx.rows(WAITING, BATCH)
    for row in waiting:
        await provider.send_back(row["reference"], row["amount"])
        async with database.transaction(Purpose.UPKEEP) as tx:
            await money_went(tx, row["reference"])
    return len(waiting) == BATCH
