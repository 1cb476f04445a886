"""Money that went back: correcting invoice, refund, and the end of the license when it was all.

A refund that arrives after the erasure of its person is a statutory record (GDPR Art. 17(3)(b)): its
rows are retained ones from the start.
"""

from uuid import UUID, uuid4

from services.licensing import sale_records
from services.licensing.invoices import rules
from services.licensing.invoices import store as invoices
from services.licensing.licenses import lifetime
from services.licensing.licenses.store import lock_of_order
from services.licensing.money import amount_text
from services.licensing.orders import store as orders
from services.licensing.orders.rules import Order, is_full_refund
from services.licensing.payments import store
from services.licensing.payments.provider import Notification
from services.licensing.payments.store import Payment
from services.licensing.rows import insert
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Transaction
from shared.law.retention import Retention


async def book(tx: Transaction, payment: Payment, order: Order, notification: Notification) -> None:
    """Book a refund of a confirmed payment; the caller holds person, payment and order locked, and has checked it."""
    full = is_full_refund(order, notification.amount)
    if full:
        await _end_sale(tx, payment, order)
    await orders.add_refund(tx, order.order_id, notification.amount)
    retention = rules.retention(order, today())
    correction = rules.correction(order, notification.amount)
    correction_id = await invoices.correct(tx, order.order_id, correction, today(), retention)
    refund_id = await _store(tx, order, payment.payment_id, correction_id, notification, retention)
    await sale_records.keep(tx, order.order_id, retention)
    person = order.subject_id
    tx.publish(licensing.InvoiceIssued(subject_id=person, invoice_id=correction_id, kind="correction"))
    tx.publish(licensing.RefundMade(subject_id=person, order_id=order.order_id, refund_id=refund_id, full=full))
    if order.live:
        facts = {"order_id": str(order.order_id), "amount": amount_text(notification.amount)}
        tx.publish(identity.ServiceMailDue(subject_id=person, template="refund-made", facts=facts))


async def _end_sale(tx: Transaction, payment: Payment, order: Order) -> None:
    license_ = await lock_of_order(tx, order.order_id)
    if license_ is not None:
        await lifetime.end(tx, license_, "refunded")
    await store.set_state(tx, payment.payment_id, "refunded")
    await orders.set_state(tx, order.order_id, "refunded")


async def _store(
    tx: Transaction,
    order: Order,
    payment_id: UUID,
    correction_id: UUID,
    notification: Notification,
    retention: Retention,
) -> UUID:
    refund_id = uuid4()
    await insert(
        tx,
        "refund",
        refund_id=refund_id,
        subject_id=order.subject_id,
        order_id=order.order_id,
        payment_id=payment_id,
        correction_id=correction_id,
        provider_refund=notification.refund,
        amount=notification.amount,
        refunded_at=now(),
        live=order.live,
        retain_until=retention.until,
        provisions=retention.provisions,
        exemptions=retention.exemptions,
    )
    return refund_id
