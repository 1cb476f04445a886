"""A refund whose money came back is taken back: everything counts again as before it."""

from uuid import UUID

from services.licensing import sale_records
from services.licensing.invoices import rules as invoices
from services.licensing.licenses import store as licenses
from services.licensing.money import amount_text
from services.licensing.orders import store as orders
from services.licensing.orders.rules import Order
from services.licensing.payments import refund_store, refunds, store
from services.licensing.payments.rules import Refund, check_undoing, devices_of, seats_left
from services.licensing.renewals import carry_out as renewals
from services.licensing.withdrawals import store as withdrawals
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Transaction


async def undo(tx: Transaction, order: Order, refund_id: UUID) -> None:
    """The caller holds person and order locked. Raises Refused (409); repeating it changes nothing."""
    refund = await refund_store.lock(tx, refund_id)
    if refund.undone_at is not None:
        return
    check_undoing(refund, withdrawn=await withdrawals.of_order(tx, order.order_id) is not None)
    await refund_store.undo(tx, refund_id, now())
    retention = invoices.retention(order, today())
    correction_id = await refunds.correct(tx, order, -refund.amount, retention)
    await orders.add_refund(tx, order.order_id, -refund.amount)
    await _begin_sale_again(tx, order, refund)
    await sale_records.keep(tx, order.order_id, retention)
    which = {"subject_id": order.subject_id, "order_id": order.order_id}
    tx.publish(licensing.RefundUndone(**which, refund_id=refund_id))
    if order.live:
        facts = {"order_id": str(order.order_id), "amount": amount_text(refund.amount)}
        facts["invoice_id"] = str(correction_id)
        tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template="refund-undone", facts=facts))


async def _begin_sale_again(tx: Transaction, order: Order, refund: Refund) -> None:
    if order.state == "refunded":
        await orders.set_state(tx, order.order_id, "paid")
        if refund.payment_id is not None:
            await store.set_state(tx, refund.payment_id, "confirmed")
        await _restore_license(tx, order)
    devices = devices_of(order, seats_left(order, order.refunded - refund.amount))
    await licenses.limit_devices(tx, order.order_id, devices)


async def _restore_license(tx: Transaction, order: Order) -> None:
    """Nothing where an erasure has taken it: then staff alone can help."""
    if order.renewed_at is not None:
        await renewals.give_again(tx, order)
        return
    license_ = await licenses.lock_of_order(tx, order.order_id)
    if license_ is None or license_.state != "ended":
        return
    await licenses.restore(tx, license_.license_id, license_.ended_from or "active")
    tx.publish(licensing.LicenseRestored(subject_id=order.subject_id, license_id=license_.license_id))
