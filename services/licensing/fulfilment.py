"""What an order brings: license, invoice, evidence, mail; when it is paid, or before where staff allow it."""

from dataclasses import dataclass
from uuid import UUID

from services.licensing import catalogue, confirmation, measures, sale_records, staff_cases
from services.licensing.agreements import store as agreements
from services.licensing.agreements.rules import retention as retention_of_agreement
from services.licensing.invoices import debts, rules
from services.licensing.invoices import store as invoices
from services.licensing.invoices.rules import Payable, Seller
from services.licensing.licenses import lifetime, suspensions
from services.licensing.licenses.keys import KeyMint
from services.licensing.licenses.store import lock_supplied
from services.licensing.money import amount_text
from services.licensing.orders import store as orders
from services.licensing.orders.rules import Buyer, Order
from services.licensing.renewals import carry_out as renewals
from services.licensing.staff_cases import Money
from services.licensing.terms.editions import Editions
from services.licensing.vat.location import needs_evidence
from services.licensing.vat.rules import NOTES, Tax
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Transaction
from shared.problems import refuse


@dataclass(frozen=True)
class TransferTerms:
    """How one pays by transfer; what a buyer may owe and hold a key all the same, in grosze."""

    bank_account: str
    days_to_pay: int
    credit_limit: int


@dataclass(frozen=True)
class Vendor:
    """Who delivers, and on which terms."""

    mint: KeyMint
    seller: Seller
    transfer: TransferTerms
    editions: Editions


async def deliver(tx: Transaction, order: Order, vendor: Vendor) -> None:
    """The money is there: issue license and invoice.

    The invoice comes last: its counter is the one row that all buyers share.
    """
    await orders.set_state(tx, order.order_id, "paid", now())
    await _supply(tx, order, vendor)
    buyer = await orders.take_buyer(tx, order.order_id)
    invoice_id, number = await _invoice(tx, order, buyer, rules.paid(today()), vendor.seller)
    facts = {"amount": amount_text(order.gross, buyer.language), "invoice": number, "invoice_id": str(invoice_id)}
    _publish_paid(tx, order, facts)


async def demand(tx: Transaction, order: Order, vendor: Vendor) -> None:
    """Invoice an order that is paid by transfer. The key comes with the money, or at once within the limit.

    Raises Refused: 422 where transfer is not offered, 409 for a buyer who owes more than the limit already.
    """
    terms = vendor.transfer
    if not terms.bank_account:
        raise refuse(422, "payment by transfer is not offered here", field="pay_by")
    debt = await invoices.lock_debt(tx, order.subject_id)
    if debt > terms.credit_limit:
        raise refuse(409, "earlier invoices are not paid yet", field="pay_by", message="pay them, or pay by card")
    await orders.set_state(tx, order.order_id, "invoiced")
    trusted = debt + order.gross <= terms.credit_limit
    if trusted:
        await _supply(tx, order, vendor)
    payable = rules.on_account(today(), terms.days_to_pay, terms.bank_account)
    invoice_id, number = await _invoice(tx, order, await orders.take_buyer(tx, order.order_id), payable, vendor.seller)
    facts = rules.demand(number, order.gross, payable.due_on, payable.bank_account)
    facts["invoice_id"] = str(invoice_id)
    template = "payment-due" if trusted else "transfer-awaited"
    tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template=template, facts=facts))


async def settle_by_transfer(tx: Transaction, order: Order, vendor: Vendor) -> None:
    """An invoiced order was paid: a key that waited comes now.

    After an erasure nobody is there to get one, nor to be written to: staff decide whether the money goes back.
    """
    await orders.set_state(tx, order.order_id, "paid", now())
    await invoices.settle(tx, order.order_id, today())
    await sale_records.keep(tx, order.order_id, rules.retention(order, today()))
    if not order.live:
        await debts.end(tx, today(), order.subject_id)
        await _ask_staff(tx, order)
        return
    license_ = await lock_supplied(tx, order)
    if license_ is not None:
        await suspensions.lift(tx, license_, "unpaid")
    elif order.renewed_at is None:
        await _supply(tx, order, vendor)
    _publish_paid(tx, order, {"amount": amount_text(order.gross)})


async def _ask_staff(tx: Transaction, order: Order) -> None:
    event, money = f"transfer/{order.order_id}", Money(None, order.gross)
    await staff_cases.open_case(tx, "transfer after erasure", event, str(order.order_id), money)


async def _supply(tx: Transaction, order: Order, vendor: Vendor) -> None:
    """Renew the license that the order names, or issue one: also where that license has ended since."""
    template, facts = await _license(tx, order, vendor.mint)
    agreement = await agreements.lock(tx, order.order_id)
    await agreements.keep(tx, order.order_id, retention_of_agreement(agreement, today()))
    await confirmation.ask(tx, order, vendor.seller, vendor.editions)
    facts |= {"order_id": str(order.order_id)}
    tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template=template, facts=facts))


async def _license(tx: Transaction, order: Order, mint: KeyMint) -> tuple[str, dict[str, str]]:
    """What was supplied: the letter and its facts."""
    if renewed := await renewals.renew(tx, order, now()):
        facts = {"license_id": str(renewed.license_id)}
        if last_day := renewed.term.last_day:
            facts["last_day" if renewed.expires_at else "updates_until"] = last_day.isoformat()
        return "license-renewed", facts
    license_id = await lifetime.issue(tx, order, mint, now())
    await measures.rest_if_banned(tx, license_id, order.subject_id)
    return "license-issued", {"license_id": str(license_id)}


async def _invoice(tx: Transaction, order: Order, buyer: Buyer, payable: Payable, seller: Seller) -> tuple[UUID, str]:
    """Issue the invoice and keep what belongs to the sale; answers its id and number."""
    retention = rules.retention(order, today())
    await sale_records.keep(tx, order.order_id, retention)
    if needs_evidence(Tax(order.vat_treatment, order.vat_rate), buyer.country):
        await sale_records.keep_evidence(tx, order.order_id, retention, buyer)
    invoice_id, number = await invoices.issue(
        tx,
        order,
        buyer,
        item=await catalogue.name_of(tx, order.policy),
        vat_note=NOTES[order.vat_treatment],
        payable=payable,
        seller=seller,
        retention=retention,
    )
    tx.publish(licensing.InvoiceIssued(subject_id=order.subject_id, invoice_id=invoice_id, kind="invoice"))
    return invoice_id, number


def _publish_paid(tx: Transaction, order: Order, facts: dict[str, str]) -> None:
    tx.publish(licensing.OrderPaid(subject_id=order.subject_id, order_id=order.order_id))
    facts = {"order_id": str(order.order_id)} | facts
    tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template="payment-received", facts=facts))
