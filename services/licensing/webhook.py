"""What the payment provider tells: at least once, in any order, perhaps after an erasure."""

from uuid import NAMESPACE_URL, UUID, uuid5

from services.licensing import refunds
from services.licensing.fulfilment import deliver
from services.licensing.licenses.delivery import Keys
from services.licensing.orders import store as orders
from services.licensing.payments import returns, store
from services.licensing.payments.provider import Notice, Provider
from shared.clock import now
from shared.contracts import identity
from shared.contracts.licensing import PaymentWebhook
from shared.contracts.message import Done
from shared.database import Database, Row, Transaction
from shared.messaging.inbox import Standing, mark_received
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.observability import log
from shared.problems import Refused, refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")

GONE = (404, 410)


@router.request(PaymentWebhook, purpose=Purpose.CONTRACT)
async def take_webhook(
    request: PaymentWebhook, database: Database, client: RequestClient, provider: Provider, mint: Keys
) -> Done:
    """Done means committed; every refusal makes the provider send it again."""
    notice = provider.read(request, now())
    person = await _person(database, notice.reference)
    buyer = await _buyer(client, person) if person and notice.kind == "payment.confirmed" else None
    async with database.transaction(Purpose.CONTRACT) as tx:
        if person is None:
            await _of_nobody(tx, notice)
            return Done()
        mark = uuid5(NAMESPACE_URL, f"{provider.name}/{notice.event_id}")
        standing = await mark_received(tx, mark, request.type, person)
        if standing is Standing.DUPLICATE:
            return Done()
        if standing is Standing.ERASED:
            await tx.declare(Purpose.LEGAL_DUTY)
        payment = await store.lock(tx, notice.reference)
        if payment is None:  # erased since we looked
            await _of_nobody(tx, notice)
        else:
            await _apply(tx, notice, payment, buyer, mint)
    return Done()


async def _person(database: Database, reference: str) -> UUID | None:
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        return await store.person_of(tx, reference)


async def _buyer(client: RequestClient, person: UUID) -> identity.Profile | None:
    """What the invoice will say; None when identity knows the person no more. Raises Unavailable."""
    try:
        found: identity.Profile = await client.request(identity.TellBuyer(subject_id=person))
    except Refused as refused:
        if refused.problem.status in GONE:
            return None
        raise
    return found


async def _of_nobody(tx: Transaction, notice: Notice) -> None:
    """A reference without order or person: money for it goes back. Raises Refused (404) for an unknown one."""
    known = await store.is_void(tx, notice.reference)
    if not known:
        log.warning("webhook refused", reason="unknown reference")
        raise refuse(404, "no such payment", field="reference")
    if notice.kind == "payment.confirmed":
        await store.money_came(tx, notice.reference, notice.amount)
        tx.wake(returns.LOOP)
    elif notice.kind == "refund.made":
        await store.money_went(tx, notice.reference)


async def _apply(tx: Transaction, notice: Notice, payment: Row, buyer: identity.Profile | None, mint: Keys) -> None:
    if payment["state"] == "void":
        await _of_nobody(tx, notice)
    elif notice.kind == "payment.failed":
        if payment["state"] == "started":
            await store.set_state(tx, payment["payment_id"], "failed")
    elif notice.kind == "payment.confirmed":
        await _confirm(tx, notice, payment, buyer, mint)
    else:
        await _refund(tx, notice, payment)


async def _confirm(tx: Transaction, notice: Notice, payment: Row, buyer: identity.Profile | None, mint: Keys) -> None:
    if payment["state"] in ("confirmed", "refunded"):
        return
    if notice.amount != payment["amount"]:
        log.error("webhook refused", reason="amount differs")
        raise refuse(422, "the amount is not what is due", field="amount")
    order = await orders.lock(tx, payment["order_id"], payment["subject_id"])
    if order["state"] != "open":  # another payment was faster
        await store.set_state(tx, payment["payment_id"], "void")
        await store.void(tx, notice.reference, notice.amount)
        await _of_nobody(tx, notice)
        return
    if buyer is None:  # identity has erased the person and we have not yet: then this reference will be void
        raise refuse(409, "the buyer is unknown just now", message="send it again")
    await store.set_state(tx, payment["payment_id"], "confirmed", now())
    await deliver(tx, order, buyer, mint)


async def _refund(tx: Transaction, notice: Notice, payment: Row) -> None:
    if payment["confirmed_at"] is None:
        raise refuse(409, "the payment is not confirmed yet", message="send it again")
    order = await orders.lock(tx, payment["order_id"], payment["subject_id"])
    await refunds.record(tx, payment, order, notice)
