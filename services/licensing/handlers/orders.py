"""Placing, listing and cancelling orders."""

from services.licensing import bans, catalogue
from services.licensing.fulfilment import Vendor, demand
from services.licensing.licenses import store as licenses
from services.licensing.orders import facts, rules, store
from services.licensing.orders.rules import Facts
from services.licensing.payments.store import void_of_orders
from services.licensing.renewals import rules as renewals
from services.licensing.terms.editions import current
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.PlaceOrder, purpose=Purpose.CONTRACT, prepare=facts.gather)
async def place_order(request: licensing.PlaceOrder, tx: Transaction, prepared: Facts, vendor: Vendor) -> Created:
    """With payment by transfer the invoice comes at once."""
    await bans.check(tx, request.subject_id)
    product = await catalogue.orderable(tx, request.product, request.edition)
    if request.renews is not None:
        renewals.check(await licenses.lock(tx, request.renews, request.subject_id), product, request.quantity)
    draft = rules.draft(request, product, prepared, current(vendor.editions, today()), now())
    order = await store.add(tx, draft)
    tx.publish(licensing.OrderPlaced(subject_id=order.subject_id, order_id=order.order_id))
    if order.pay_by == "transfer":
        await demand(tx, order, vendor)
    return Created(id=order.order_id)


@router.request(licensing.ListOrders, purpose=Purpose.CONTRACT)
async def list_orders(request: licensing.ListOrders, tx: Transaction) -> licensing.Orders:
    orders = await store.of_person(tx, request.subject_id)
    return licensing.Orders(
        orders=tuple(licensing.Order.model_validate(order, from_attributes=True) for order in orders)
    )


@router.request(licensing.CancelOrder, purpose=Purpose.CONTRACT)
async def cancel_order(request: licensing.CancelOrder, tx: Transaction) -> Done:
    """Money that arrives for the order later is sent back."""
    order = await store.lock(tx, request.order_id, request.subject_id)
    if order.state == "cancelled":
        return Done()
    rules.check_step(order.state, "cancelled")
    await store.cancel(tx, request.order_id)
    await void_of_orders(tx, [request.order_id])
    tx.publish(licensing.OrderCancelled(subject_id=request.subject_id, order_id=request.order_id))
    return Done()
