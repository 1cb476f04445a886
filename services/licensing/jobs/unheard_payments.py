"""Payments of which no webhook told for an hour: the provider is asked, and its answer is booked like a webhook."""

from services.licensing.fulfilment import Vendor
from services.licensing.payments import store, webhook
from services.licensing.payments.provider import Provider
from services.licensing.payments.store import Unheard
from services.licensing.payments.webhook import Received
from shared.database import Database
from shared.observability import log, what_failed
from shared.purposes import Purpose

BATCH = 20


async def ask(database: Database, provider: Provider, vendor: Vendor) -> bool:
    """Each payment waits longer from question to question, until its order is paid or a week old; then it is void.

    What was paid for a void one goes back.
    """
    if not provider.takes_money:
        return False
    async with database.transaction(Purpose.UPKEEP) as tx:
        unheard = await store.lease_inquiries(tx, provider.name, BATCH)
        void = await store.lease_void_inquiries(tx, BATCH)
    for payment in (*unheard, *void):
        await _ask(database, provider, vendor, payment)
    return BATCH in (len(unheard), len(void))


async def _ask(database: Database, provider: Provider, vendor: Vendor, payment: Unheard) -> None:
    """What is not answered now, or can't be booked, waits and holds up no other."""
    try:
        if told := await provider.status(payment.reference):
            async with database.transaction(Purpose.CONTRACT) as tx:
                await webhook.apply(tx, Received(told, payment.subject_id), provider, vendor)
    except Exception as error:  # noqa: BLE001 an adapter may fail in any way
        log.warning("payment not asked about", **what_failed(error))
