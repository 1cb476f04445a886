"""Money that went back: correcting invoice, refund, and the end of the license when it was all.

A refund that arrives after the erasure of its person is a statutory record (GDPR Art. 17(3)(b)): its
rows are retained ones from the start.
"""

from datetime import date, timedelta
from uuid import UUID, uuid4

from services.licensing import sale_records
from services.licensing.invoices import rules
from services.licensing.invoices import store as invoices
from services.licensing.licenses.store import limit_devices, lock_of_order
from services.licensing.money import amount_text
from services.licensing.orders import store as orders
from services.licensing.orders.rules import Order, is_full_refund
from services.licensing.payments import dispute_store, refund_store, store
from services.licensing.payments.rules import Refund, devices_of, seats_left
from services.licensing.payments.store import Payment
from services.licensing.renewals import carry_out as renewals
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Transaction
from shared.law.retention import Retention
from shared.problems import refuse

TIME_TO_SEND = timedelta(days=14)


async def book(
    tx: Transaction,
    order: Order,
    payment: Payment | None,
    amount: int,
    provider_refund: str,
    *,
    due_on: date | None = None,
    letter: str = "refund-made",
    reason: str = "",
) -> UUID:
    """Book a refund, and answer its id; the caller holds person, order and payment locked, and has checked it.

    Without a payment the order was paid by transfer: staff send the money back so, until `due_on`.
    """
    full = is_full_refund(order, amount)
    if full:
        await _end_sale(tx, payment, order)
    else:
        await _take_seats(tx, order, order.refunded + amount)
    await orders.add_refund(tx, order.order_id, amount)
    retention = rules.retention(order, today())
    correction_id = await correct(tx, order, amount, retention)
    paid_by, due_on = (payment.payment_id, None) if payment else (None, due_on)
    refund = Refund(uuid4(), paid_by, correction_id, provider_refund, amount, due_on, reason=reason)
    await refund_store.add(tx, order, refund, now(), retention)
    await sale_records.keep(tx, order.order_id, retention)
    _tell(tx, order, refund, letter, full=full)
    return refund.refund_id


def _tell(tx: Transaction, order: Order, refund: Refund, letter: str, *, full: bool) -> None:
    which = {"subject_id": order.subject_id, "order_id": order.order_id}
    tx.publish(licensing.RefundMade(**which, refund_id=refund.refund_id, full=full))
    if order.live:
        facts = {"order_id": str(order.order_id), "amount": amount_text(refund.amount)}
        facts["invoice_id"] = str(refund.correction_id)
        tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template=letter, facts=facts))


async def by_staff(tx: Transaction, order: Order, amount: int, reason: str) -> UUID:
    """Book a refund that staff order; answers its id. Raises Refused (409, 422).

    The money goes back by the way it came: staff send a transfer, the provider is asked for what was paid by card.
    """
    if order.state != "paid":
        raise refuse(409, "only a paid order is refunded", message=f"it is {order.state}")
    payment = await store.lock_confirmed(tx, order.order_id)
    if payment is None:
        return await book(tx, order, None, amount, f"transfer/{uuid4()}", due_on=today() + TIME_TO_SEND, reason=reason)
    if await dispute_store.is_open(tx, order.order_id):
        raise refuse(409, "the payer's bank disputes this payment", message="it may take the money back itself")
    name = f"staff/{uuid4()}"
    refund_id = await book(tx, order, payment, amount, name, reason=reason)
    await store.give_back(tx, payment.reference, amount, name)
    return refund_id


async def _take_seats(tx: Transaction, order: Order, refunded: int) -> None:
    """Of many seats those go whose price went back."""
    left = seats_left(order, refunded)
    if left < seats_left(order, order.refunded) and await lock_of_order(tx, order.order_id) is not None:
        await limit_devices(tx, order.order_id, devices_of(order, left))


async def write_off(tx: Transaction, order: Order) -> None:
    """Nothing is owed any more for an invoice that nobody has paid: it is corrected to zero, and no money moves."""
    await _end_sale(tx, None, order)
    await orders.add_refund(tx, order.order_id, order.gross)
    retention = rules.retention(order, today())
    await correct(tx, order, order.gross, retention)
    await invoices.settle(tx, order.order_id, today())
    await sale_records.keep(tx, order.order_id, retention)


async def correct(tx: Transaction, order: Order, amount: int, retention: Retention) -> UUID:
    """Issue the correcting invoice of a refund; of less than nothing when one is taken back."""
    correction = rules.correction(order, amount)
    correction_id = await invoices.correct(tx, order.order_id, correction, today(), retention)
    tx.publish(licensing.InvoiceIssued(subject_id=order.subject_id, invoice_id=correction_id, kind="correction"))
    return correction_id


async def _end_sale(tx: Transaction, payment: Payment | None, order: Order) -> None:
    await renewals.take_back(tx, order)
    if payment is not None:
        await store.set_state(tx, payment.payment_id, "refunded")
    await orders.set_state(tx, order.order_id, "refunded")
