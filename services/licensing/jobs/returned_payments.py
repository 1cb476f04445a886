"""Money that came for an order that is no more goes back, and so do refunds that were ordered here."""

from services.licensing.payments import store
from services.licensing.payments.provider import Provider
from services.licensing.payments.store import VoidPayment
from shared.database import Database
from shared.loops import backoff
from shared.observability import log, what_failed
from shared.purposes import Purpose

BATCH = 20
LEASE_S = 600.0
FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = 24 * 3600.0
ALERT_FROM = 5
"""Attempts in vain after which somebody has to ask the provider: it is not a bad hour any more."""


async def send_back(database: Database, provider: Provider) -> bool:
    """Let the provider return what waits; it returns a refund once, however often it is asked."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        await store.drop_old_void(tx)
        waiting = await store.lease_returns(tx, BATCH, LEASE_S)
    for payment in waiting:
        await _send_back(database, provider, payment)
    return len(waiting) == BATCH


async def _send_back(database: Database, provider: Provider, payment: VoidPayment) -> None:
    """What the provider does not take now waits, and holds up no other."""
    try:
        await provider.send_back(payment.reference, payment.amount, payment.refund)
    except Exception as error:  # noqa: BLE001 an adapter may fail in any way
        report = log.error if payment.attempts >= ALERT_FROM else log.warning
        report("payment not returned", attempt=payment.attempts, **what_failed(error))
        async with database.transaction(Purpose.UPKEEP) as tx:
            wait_s = backoff(payment.attempts, FIRST_WAIT_S, LONGEST_WAIT_S)
            await store.postpone_return(tx, payment, wait_s)
        return
    async with database.transaction(Purpose.UPKEEP) as tx:
        await store.note_sent_back(tx, payment.reference, payment.refund)
