"""Placing, listing and cancelling orders; transfers seen on the account."""

from services.licensing import catalogue
from services.licensing.fulfilment import deliver, settle_by_transfer
from services.licensing.licenses.delivery import Keys
from services.licensing.orders import rules, store
from services.licensing.payments.store import void_of_order
from services.licensing.settings import LicensingSettings
from shared.clock import now
from shared.contracts import identity, licensing
from shared.contracts.message import Created, Done
from shared.database import Database, Transaction
from shared.messaging.idempotency import Claim
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_erased_too, require_live
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.PlaceOrder, purpose=Purpose.CONTRACT)
async def place_order(
    request: licensing.PlaceOrder,
    database: Database,
    client: RequestClient,
    claim: Claim,
    mint: Keys,
    settings: LicensingSettings,
) -> Created:
    """Order a product; with payment by transfer the license and the invoice come at once."""
    buyer = await client.request(identity.TellBuyer(subject_id=request.subject_id))
    async with database.transaction(Purpose.CONTRACT) as tx:
        await require_live(tx, request.subject_id)
        if before := await claim.recall(tx):
            return before
        draft = rules.draft(request, await catalogue.on_sale(tx, request.product), buyer, now())
        await store.insert(tx, draft)
        tx.publish(licensing.OrderPlaced(subject_id=request.subject_id, order_id=draft.order_id))
        if request.pay_by == "transfer":
            order = await store.lock(tx, draft.order_id, request.subject_id)
            await deliver(tx, order, buyer, mint, days_to_pay=settings.days_to_pay)
        return await claim.complete(tx, draft.order_id)


@router.request(licensing.ListOrders, purpose=Purpose.CONTRACT)
async def list_orders(request: licensing.ListOrders, tx: Transaction) -> licensing.Orders:
    """A member's orders."""
    rows = await store.of_person(tx, request.subject_id)
    return licensing.Orders(orders=tuple(licensing.Order.model_validate(dict(row)) for row in rows))


@router.request(licensing.CancelOrder, purpose=Purpose.CONTRACT)
async def cancel_order(request: licensing.CancelOrder, tx: Transaction) -> Done:
    """Take back an order that is still open; money that arrives for it later is sent back."""
    order = await store.lock(tx, request.order_id, request.subject_id)
    if order["state"] == "cancelled":
        return Done()
    rules.check_step(order["state"], "cancelled")
    await store.set_state(tx, request.order_id, "cancelled")
    await void_of_order(tx, request.order_id)
    tx.publish(licensing.OrderCancelled(subject_id=request.subject_id, order_id=request.order_id))
    return Done()


@router.request(licensing.RecordTransfer, purpose=Purpose.CLAIMS)
async def record_transfer(request: licensing.RecordTransfer, tx: Transaction) -> Done:
    """The money for an invoiced order is there, also after an erasure: the claim ends, the tax set stays."""
    person = await store.whose(tx, request.order_id)
    living = await lock_erased_too(tx, person) is Standing.LIVE
    order = await store.lock(tx, request.order_id, person)
    if order["state"] != "paid":
        rules.check_step(order["state"], "paid")
        await settle_by_transfer(tx, order, living=living)
    return Done()
