"""Money that went back: correcting invoice, refund, and the end of the license when it was all.

A refund that arrives after the erasure of its person is a statutory record (GDPR Art. 17(3)(b)): its
rows are retained ones from the start.
"""

from dataclasses import asdict, dataclass
from datetime import date
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
from services.licensing.payments.store import Payment
from services.licensing.rows import insert
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Transaction
from shared.law.retention import Retention


@dataclass(frozen=True)
class Refund:
    """Money that goes back, in grosze; `payment_id` is None where it came by transfer."""

    refund_id: UUID
    payment_id: UUID | None
    correction_id: UUID
    provider_refund: str
    amount: int
    due_on: date | None


async def book(
    tx: Transaction,
    order: Order,
    payment: Payment | None,
    amount: int,
    provider_refund: str,
    *,
    due_on: date | None = None,
) -> None:
    """Book a refund; the caller holds person, order and payment locked, and has checked it.

    Without a payment the order was paid by transfer: staff send the money back so, until `due_on`.
    """
    full = is_full_refund(order, amount)
    if full:
        await _end_sale(tx, payment, order)
    await orders.add_refund(tx, order.order_id, amount)
    retention = rules.retention(order, today())
    correction_id = await _correct(tx, order, amount, retention)
    refund_id = uuid4()
    paid_by, due_on = (payment.payment_id, None) if payment else (None, due_on)
    refund = Refund(refund_id, paid_by, correction_id, provider_refund, amount, due_on)
    await _store(tx, order, refund, retention)
    await sale_records.keep(tx, order.order_id, retention)
    person = order.subject_id
    tx.publish(licensing.RefundMade(subject_id=person, order_id=order.order_id, refund_id=refund_id, full=full))
    if order.live:
        facts = {"order_id": str(order.order_id), "amount": amount_text(amount)}
        tx.publish(identity.ServiceMailDue(subject_id=person, template="refund-made", facts=facts))


async def write_off(tx: Transaction, order: Order) -> None:
    """Nothing is owed any more for an invoice that nobody has paid: it is corrected to zero, and no money moves."""
    await _end_sale(tx, None, order)
    await orders.add_refund(tx, order.order_id, order.gross)
    retention = rules.retention(order, today())
    await _correct(tx, order, order.gross, retention)
    await invoices.settle(tx, order.order_id, today())
    await sale_records.keep(tx, order.order_id, retention)


async def _correct(tx: Transaction, order: Order, amount: int, retention: Retention) -> UUID:
    correction = rules.correction(order, amount)
    correction_id = await invoices.correct(tx, order.order_id, correction, today(), retention)
    tx.publish(licensing.InvoiceIssued(subject_id=order.subject_id, invoice_id=correction_id, kind="correction"))
    return correction_id


async def _end_sale(tx: Transaction, payment: Payment | None, order: Order) -> None:
    license_ = await lock_of_order(tx, order.order_id)
    if license_ is not None:
        await lifetime.end(tx, license_, "refunded")
    if payment is not None:
        await store.set_state(tx, payment.payment_id, "refunded")
    await orders.set_state(tx, order.order_id, "refunded")


async def _store(tx: Transaction, order: Order, refund: Refund, retention: Retention) -> None:
    await insert(
        tx,
        "refund",
        **asdict(refund),
        subject_id=order.subject_id,
        order_id=order.order_id,
        refunded_at=now(),
        live=order.live,
        retain_until=retention.until,
        provisions=retention.provisions,
        exemptions=retention.exemptions,
    )
