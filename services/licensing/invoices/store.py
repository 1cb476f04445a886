"""Invoices in PostgreSQL, and their gapless numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from services.licensing.grounds import UNPAID_DEBT
from services.licensing.invoices.rules import Correction, Invoice, Payable, Seller, Series, counter, number
from services.licensing.money import CURRENCY
from services.licensing.orders.rules import Buyer, Order
from services.licensing.rows import insert
from shared.database import Transaction
from shared.law.retention import Retention
from shared.problems import refuse

# Locks the counter until the end of the transaction: a rolled back invoice gives its number back.
NEXT_NUMBER = """
INSERT INTO invoice_series (series, year, last) VALUES ($1, $2, 1)
ON CONFLICT (series, year) DO UPDATE SET last = invoice_series.last + 1 RETURNING last
"""
NAMED = """
SELECT n.buyer_name, n.buyer_street, n.buyer_postal_code, n.buyer_city, n.buyer_company, n.buyer_nip FROM invoice n
WHERE n.order_id = {order_id} AND (n.kind = 'invoice' OR n.cause = 'buyer')
ORDER BY n.cause = 'buyer' DESC, n.issued_on DESC, n.number DESC LIMIT 1
"""
"""The document that says who the buyer of an order is: the newest correction of that, or the invoice."""
CORRECT = f"""
INSERT INTO invoice (invoice_id, subject_id, order_id, number, kind, cause, corrects, issued_on, sold_on, due_on,
  settled_on, seller, seller_nip, seller_address, currency,
  buyer_name, buyer_company, buyer_nip, buyer_vat_number, buyer_street, buyer_postal_code, buyer_city, buyer_country,
  item, quantity, net, vat, gross, vat_rate, vat_note, retain_until, provisions, exemptions, live)
SELECT $1::uuid, subject_id, order_id, $3::text, 'correction', 'refund', invoice_id, $4::date, sold_on, $4, $4,
  seller, seller_nip, seller_address, currency,
  n.buyer_name, n.buyer_company, n.buyer_nip, buyer_vat_number, n.buyer_street, n.buyer_postal_code, n.buyer_city,
  buyer_country,
  item, quantity, -$5::bigint, -$6::bigint, -$7::bigint, vat_rate, vat_note, $8::date, $9::text[], $10::text[], live
FROM invoice i CROSS JOIN LATERAL ({NAMED.format(order_id="i.order_id")}) n WHERE order_id = $2 AND kind = 'invoice'
"""  # noqa: S608 constants
SETTLE = """
UPDATE invoice SET settled_on = $2, review_at = NULL, provisions = array_remove(provisions, $3::text),
  exemptions = array_remove(exemptions, $4::text)
WHERE order_id = $1 AND kind = 'invoice' AND settled_on IS NULL
"""
ONE_DEBTOR_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('debts of ' || $1::uuid::text, 0))"
DEBT = "SELECT COALESCE(sum(gross), 0) FROM invoice WHERE subject_id = $1 AND kind = 'invoice' AND settled_on IS NULL"
NAME_SELLER = """
WITH older AS MATERIALIZED (
  SELECT invoice_id FROM invoice WHERE seller = '' ORDER BY invoice_id LIMIT $6 FOR UPDATE SKIP LOCKED)
UPDATE invoice SET seller = $1, seller_nip = $2, seller_address = $3, currency = $4,
  bank_account = CASE WHEN settled_on IS NULL THEN $5 ELSE '' END
WHERE invoice_id IN (SELECT invoice_id FROM older)
"""
READ = """
SELECT i.invoice_id, i.order_id, i.number, i.kind, i.cause, corrected.number AS corrects, i.issued_on, i.sold_on,
  i.due_on, i.settled_on, i.bank_account, i.seller, i.seller_nip, i.seller_address, i.currency, i.buyer_name,
  i.buyer_company, i.buyer_nip, i.buyer_vat_number, i.buyer_street,
  i.buyer_postal_code, i.buyer_city, i.buyer_country, i.item, i.quantity, i.net, i.vat, i.gross, i.vat_rate, i.vat_note,
  i.retain_until, coalesce(k.ksef_number, '') AS ksef_number, coalesce(k.link, '') AS ksef_link,
  coalesce(k.certificate_link, '') AS ksef_certificate_link
FROM invoice i LEFT JOIN invoice corrected ON corrected.invoice_id = i.corrects
LEFT JOIN ksef_invoice k ON k.invoice_id = i.invoice_id
"""
OF_PERSON = READ + "WHERE i.subject_id = $1 ORDER BY i.issued_on DESC, i.number DESC"
ONE = READ + "WHERE i.subject_id = $1 AND i.invoice_id = $2"
REMIND_OVERDUE = """
WITH due AS MATERIALIZED (
  SELECT invoice_id FROM invoice WHERE settled_on IS NULL AND due_on + ($2::integer[])[reminders + 1] <= $1::date
  ORDER BY invoice_id LIMIT $3 FOR UPDATE SKIP LOCKED)
UPDATE invoice SET reminders = (SELECT count(*) FROM unnest($2::integer[]) AS day WHERE due_on + day <= $1::date)
WHERE invoice_id IN (SELECT invoice_id FROM due)
RETURNING subject_id, number, gross, due_on, bank_account
"""


async def issue(
    tx: Transaction,
    order: Order,
    buyer: Buyer,
    *,
    item: str,
    vat_note: str,
    payable: Payable,
    seller: Seller,
    retention: Retention,
) -> tuple[UUID, str]:
    """Issue the invoice of an order with the buyer as ordered; answers its id and number.

    Locks the counter of the invoices, the one row that all buyers share.
    """
    invoice_id, issued = uuid4(), await next_number(tx, "FV", payable.issued_on)
    await insert(
        tx,
        "invoice",
        invoice_id=invoice_id,
        subject_id=order.subject_id,
        order_id=order.order_id,
        number=issued,
        kind="invoice",
        issued_on=payable.issued_on,
        sold_on=payable.issued_on,
        due_on=payable.due_on,
        settled_on=payable.settled_on,
        bank_account=payable.bank_account,
        seller=seller.name,
        seller_nip=seller.nip,
        seller_address=seller.address,
        currency=CURRENCY,
        buyer_name=buyer.name,
        buyer_company=buyer.company,
        buyer_nip=buyer.nip,
        buyer_vat_number=buyer.vat_number,
        buyer_street=buyer.street,
        buyer_postal_code=buyer.postal_code,
        buyer_city=buyer.city,
        buyer_country=buyer.country,
        item=item,
        quantity=order.quantity,
        net=order.net,
        vat=order.vat,
        gross=order.gross,
        vat_rate=order.vat_rate,
        vat_note=vat_note,
        retain_until=retention.until,
        provisions=retention.provisions,
        exemptions=retention.exemptions,
    )
    return invoice_id, issued


async def correct(
    tx: Transaction, order_id: UUID, correction: Correction, issued_on: date, retention: Retention
) -> UUID:
    """Issue the correcting invoice of a refund; the buyer stays as invoiced, or as put right since."""
    invoice_id, issued = uuid4(), await next_number(tx, "KOR", issued_on)
    amounts = (correction.net, correction.vat, correction.gross)
    until_and_why = (retention.until, retention.provisions, retention.exemptions)
    await tx.run(CORRECT, invoice_id, order_id, issued, issued_on, *amounts, *until_and_why)
    return invoice_id


async def next_number(tx: Transaction, series: Series, issued_on: date) -> str:
    """The next one of a series; whoever asks holds the counter until the end of the transaction."""
    return number(series, issued_on, await tx.value(NEXT_NUMBER, counter(series, issued_on), issued_on.year))


async def settle(tx: Transaction, order_id: UUID, settled_on: date) -> None:
    """The buyer has paid: the debt is no ground to keep the invoice any more."""
    await tx.run(SETTLE, order_id, settled_on, UNPAID_DEBT.provision, UNPAID_DEBT.exemption)


async def lock_debt(tx: Transaction, subject_id: UUID) -> int:
    """What a buyer owes, in grosze; nobody else adds to it until the end of the transaction."""
    await tx.value(ONE_DEBTOR_AT_A_TIME, subject_id)
    return int(await tx.value(DEBT, subject_id))


async def name_seller(tx: Transaction, seller: Seller, bank_account: str, limit: int) -> int:
    """Write down who sold by invoices that do not say so; answers how many there were."""
    return await tx.run(NAME_SELLER, seller.name, seller.nip, seller.address, CURRENCY, bank_account, limit)


async def of_person(tx: Transaction, subject_id: UUID) -> list[Invoice]:
    """Newest first."""
    return [Invoice(**row) for row in await tx.rows(OF_PERSON, subject_id)]


async def one(tx: Transaction, subject_id: UUID, invoice_id: UUID) -> Invoice:
    """One of a person's invoices. Raises Refused (404)."""
    row = await tx.row(ONE, subject_id, invoice_id)
    if row is None:
        raise refuse(404, "no such invoice")
    return Invoice(**row)


@dataclass(frozen=True)
class Overdue:
    subject_id: UUID
    number: str
    gross: int
    due_on: date
    bank_account: str


async def remind_overdue(tx: Transaction, today: date, days: Sequence[int], limit: int) -> list[Overdue]:
    """Count the next reminder of unpaid invoices; `days` after the due day say when each is sent."""
    return [Overdue(**row) for row in await tx.rows(REMIND_OVERDUE, today, days, limit)]
