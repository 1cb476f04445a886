"""What an order brings when it is paid, or delivered on account: license, invoice, evidence, mail."""

from uuid import UUID

from services.licensing import catalogue, sale_records
from services.licensing.invoices import rules
from services.licensing.invoices import store as invoices
from services.licensing.licenses import lifetime
from services.licensing.licenses.keys import KeyMint
from services.licensing.money import amount_text
from services.licensing.orders import store as orders
from services.licensing.orders.rules import Buyer, Order
from services.licensing.vat import NOTES
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Transaction


async def deliver(tx: Transaction, order: Order, mint: KeyMint, *, days_to_pay: int | None = None) -> None:
    """Issue license and invoice; `days_to_pay` is None when the money is there.

    The invoice comes last: its counter is the one row that all buyers share.
    """
    paid = days_to_pay is None
    await orders.set_state(tx, order.order_id, "paid" if paid else "invoiced", now() if paid else None)
    license_id = await lifetime.issue(tx, order, mint, now())
    buyer = await orders.take_buyer(tx, order.order_id)
    invoice_id, number = await _invoice(tx, order, buyer, days_to_pay)
    tx.publish(licensing.InvoiceIssued(subject_id=order.subject_id, invoice_id=invoice_id, kind="invoice"))
    facts = {"order_id": str(order.order_id), "license_id": str(license_id)}
    tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template="license-issued", facts=facts))
    if paid:
        amount = amount_text(order.gross, buyer.language)
        _publish_paid(tx, order, {"amount": amount, "invoice": number})


async def _invoice(tx: Transaction, order: Order, buyer: Buyer, days_to_pay: int | None) -> tuple[UUID, str]:
    retention = rules.retention(order, today())
    await sale_records.keep(tx, order.order_id, retention)
    if order.vat_treatment == "oss":
        await sale_records.keep_origin(tx, order.order_id, retention)
    return await invoices.issue(
        tx,
        order,
        buyer,
        item=await catalogue.name_of(tx, order.product),
        vat_note=NOTES[order.vat_treatment],
        dates=rules.dates(today(), days_to_pay),
        retention=retention,
    )


async def settle_by_transfer(tx: Transaction, order: Order) -> None:
    """An invoiced order was paid; nobody is written to after an erasure."""
    await orders.set_state(tx, order.order_id, "paid", now())
    await invoices.settle(tx, order.order_id, today())
    if order.live:
        _publish_paid(tx, order, {"amount": amount_text(order.gross)})


def _publish_paid(tx: Transaction, order: Order, facts: dict[str, str]) -> None:
    tx.publish(licensing.OrderPaid(subject_id=order.subject_id, order_id=order.order_id))
    facts = {"order_id": str(order.order_id)} | facts
    tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template="payment-received", facts=facts))
