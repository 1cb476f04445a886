"""What staff do about refunds: those by transfer, those that came back, and the seats that are left."""

from uuid import UUID

from services.licensing import undone_refunds
from services.licensing.licenses.store import limit_devices, lock_of_order
from services.licensing.orders import store as orders
from services.licensing.orders.rules import Order
from services.licensing.payments import refund_store, refunds, rules
from shared.clock import now
from shared.contracts import licensing
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import lock_erased_too
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.RefundOrder, purpose=Purpose.CLAIMS)
async def refund_order(request: licensing.RefundOrder, tx: Transaction) -> Created:
    order = await _locked(tx, request.order_id)
    return Created(id=await refunds.by_staff(tx, order, request.amount, request.reason))


@router.request(licensing.ListDueRefunds, purpose=Purpose.CLAIMS)
async def list_due_refunds(request: licensing.ListDueRefunds, tx: Transaction) -> licensing.DueRefunds:
    return licensing.DueRefunds(refunds=await refund_store.due(tx, request.limit))


@router.request(licensing.RecordRefundSent, purpose=Purpose.CLAIMS)
async def record_refund_sent(request: licensing.RecordRefundSent, tx: Transaction) -> Done:
    await _locked(tx, await refund_store.order_of(tx, request.refund_id))
    await refund_store.note_sent(tx, request.refund_id, now())
    return Done()


@router.request(licensing.UndoRefund, purpose=Purpose.CLAIMS)
async def undo_refund(request: licensing.UndoRefund, tx: Transaction) -> Done:
    order = await _locked(tx, await refund_store.order_of(tx, request.refund_id))
    await undone_refunds.undo(tx, order, request.refund_id)
    return Done()


@router.request(licensing.SetSeats, purpose=Purpose.CLAIMS)
async def set_seats(request: licensing.SetSeats, tx: Transaction) -> Done:
    order = await _locked(tx, request.order_id)
    rules.check_seats(order, request.seats)
    await lock_of_order(tx, order.order_id)
    await limit_devices(tx, order.order_id, rules.devices_of(order, request.seats))
    return Done()


async def _locked(tx: Transaction, order_id: UUID) -> Order:
    """An order and its person, also after an erasure."""
    subject_id = await orders.subject_of(tx, order_id)
    await lock_erased_too(tx, subject_id)
    return await orders.lock(tx, order_id, subject_id)
