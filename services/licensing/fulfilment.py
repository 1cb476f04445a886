"""What happens when an order is paid, or delivered on account: license, invoice, evidence, news."""

from uuid import UUID

from services.licensing import catalogue
from services.licensing.invoices import rules, store
from services.licensing.licenses import delivery
from services.licensing.licenses.delivery import Keys
from services.licensing.orders.store import set_state
from services.licensing.settling import CLAIM
from services.licensing.vat import NOTES
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Row, Transaction


async def deliver(
    tx: Transaction, order: Row, buyer: identity.Profile, mint: Keys, *, days_to_pay: int | None = None
) -> None:
    """Issue license and invoice; `days_to_pay` is None when the money is there.

    The counter of the invoices is locked last: it is the one row all buyers share.
    """
    order_id, person = order["order_id"], order["subject_id"]
    paid = days_to_pay is None
    await set_state(tx, order_id, "paid" if paid else "invoiced", now() if paid else None)
    license_id = await delivery.issue(tx, order, mint, now())
    kept = rules.kept(order, today())
    await store.keep_papers(tx, order_id, kept)
    if order["vat_treatment"] == "oss":
        await store.keep_evidence(tx, order_id, kept)
    item = await catalogue.name_of(tx, order["product"])
    note = NOTES[order["vat_treatment"]]  # as ordered, even if the buyer has moved since
    invoice_id, number = await store.issue(tx, order_id, buyer, item, note, rules.terms(today(), days_to_pay), kept)
    tx.publish(licensing.InvoiceIssued(subject_id=person, invoice_id=invoice_id, kind="invoice"))
    _tell_delivered(tx, person, order_id, license_id)
    if paid:
        _tell_paid(tx, person, order, number)


async def settle_by_transfer(tx: Transaction, order: Row, *, living: bool) -> None:
    """An invoiced order was paid; nobody is written to after an erasure."""
    await set_state(tx, order["order_id"], "paid", now())
    await store.settle(tx, order["order_id"], today(), CLAIM)
    if living:
        _tell_paid(tx, order["subject_id"], order, "")


def _tell_paid(tx: Transaction, person: UUID, order: Row, number: str) -> None:
    tx.publish(licensing.OrderPaid(subject_id=person, order_id=order["order_id"]))
    facts = {"order_id": str(order["order_id"]), "amount": zloty(order["gross"])} | (
        {"invoice": number} if number else {}
    )
    tx.publish(identity.ServiceMailDue(subject_id=person, template="payment-received", facts=facts))


def _tell_delivered(tx: Transaction, person: UUID, order_id: UUID, license_id: UUID) -> None:
    facts = {"order_id": str(order_id), "license_id": str(license_id)}
    tx.publish(identity.ServiceMailDue(subject_id=person, template="license-issued", facts=facts))


def zloty(grosze: int) -> str:
    """An amount as mails show it."""
    return f"{grosze // 100}.{grosze % 100:02d} PLN"
