"""Money that came for an order that is no more goes back."""

from services.licensing.payments import store
from services.licensing.payments.provider import Provider
from shared.database import Database
from shared.purposes import Purpose

BATCH = 20


async def send_back(database: Database, provider: Provider) -> bool:
    """Let the provider return what waits; it returns a reference once, however often it is asked."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        await store.drop_old_void(tx)
        waiting = await store.to_send_back(tx, BATCH)
    for payment in waiting:
        await provider.send_back(payment.reference, payment.amount)
        async with database.transaction(Purpose.UPKEEP) as tx:
            await store.note_sent_back(tx, payment.reference)
    return len(waiting) == BATCH
