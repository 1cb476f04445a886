"""The rows of invoices and their gapless numbers."""

from datetime import date
from uuid import UUID, uuid4

from services.licensing.invoices.rules import Part, Series, Terms, number
from services.licensing.settling import Reason
from shared.contracts import identity
from shared.database import Row, Transaction
from shared.law.retention import Retention
from shared.problems import refuse

# Locks the counter until the end of the transaction: a rolled back invoice gives its number back.
NEXT_NUMBER = """
INSERT INTO invoice_series (series, year, last) VALUES ($1, $2, 1)
ON CONFLICT (series, year) DO UPDATE SET last = invoice_series.last + 1 RETURNING last
"""
ISSUE = """
INSERT INTO invoice (invoice_id, subject_id, order_id, number, kind, issued_on, sold_on, due_on, settled_on,
  buyer_name, buyer_company, buyer_nip, buyer_street, buyer_postal_code, buyer_city, buyer_country,
  item, quantity, net, vat, gross, vat_rate, vat_note, retain_until, provisions, exemptions)
SELECT $1::uuid, p.subject_id, p.order_id, $3::text, 'invoice', $4::date, $4, $5::date, $6::date, $7::text, $8::text,
  $9::text, $10::text, $11::text, $12::text, $13::text, $14::text, p.quantity, p.net, p.vat, p.gross, p.vat_rate,
  $15::text, $16::date, $17::text[], $18::text[]
FROM purchase p WHERE p.order_id = $2
"""
CORRECT = """
INSERT INTO invoice (invoice_id, subject_id, order_id, number, kind, corrects, issued_on, sold_on, due_on, settled_on,
  buyer_name, buyer_company, buyer_nip, buyer_street, buyer_postal_code, buyer_city, buyer_country,
  item, quantity, net, vat, gross, vat_rate, vat_note, retain_until, provisions, exemptions, live)
SELECT $1::uuid, subject_id, order_id, $3::text, 'correction', invoice_id, $4::date, sold_on, $4, $4,
  buyer_name, buyer_company, buyer_nip, buyer_street, buyer_postal_code, buyer_city, buyer_country,
  item, quantity, -$5::bigint, -$6::bigint, -$7::bigint, vat_rate, vat_note, $8::date, $9::text[], $10::text[], live
FROM invoice WHERE order_id = $2 AND kind = 'invoice'
"""
SETTLE = """
UPDATE invoice SET settled_on = $2, review_at = NULL, provisions = array_remove(provisions, $3::text),
  exemptions = array_remove(exemptions, $4::text)
WHERE order_id = $1 AND kind = 'invoice' AND settled_on IS NULL
"""
# The papers of a sale stay together: what is kept longest keeps the others.
KEEP_PAPERS = """
WITH i AS (UPDATE invoice SET retain_until = $2 WHERE order_id = $1 AND retain_until < $2),
m AS (UPDATE payment SET retain_until = $2, provisions = $3, exemptions = $4
      WHERE order_id = $1 AND confirmed_at IS NOT NULL AND COALESCE(retain_until < $2, true)),
r AS (UPDATE refund SET retain_until = $2 WHERE order_id = $1 AND retain_until < $2)
UPDATE purchase SET retain_until = $2, provisions = COALESCE(provisions, $3),
  exemptions = COALESCE(exemptions, $4)
WHERE order_id = $1 AND COALESCE(retain_until < $2, true)
"""
KEEP_EVIDENCE = """
UPDATE purchase_origin SET retain_until = $2, provisions = $3, exemptions = $4, purge_after = NULL WHERE order_id = $1
"""
SHOWN = """
SELECT i.*, c.number AS corrected FROM invoice i LEFT JOIN invoice c ON c.invoice_id = i.corrects
"""
OF_PERSON = SHOWN + "WHERE i.subject_id = $1 ORDER BY i.issued_on DESC, i.number DESC"
ONE = SHOWN + "WHERE i.subject_id = $1 AND i.invoice_id = $2"


async def issue(
    tx: Transaction, order_id: UUID, buyer: identity.Profile, item: str, note: str, dates: Terms, kept: Retention
) -> tuple[UUID, str]:
    """Issue the invoice of an order with the buyer as of today; answers its id and number."""
    invoice_id = uuid4()
    given = await _next(tx, "FV", dates.issued_on)
    await tx.run(
        ISSUE,
        *(invoice_id, order_id, given, dates.issued_on, dates.due_on, dates.settled_on),
        *(buyer.full_name, buyer.company, buyer.nip, buyer.street, buyer.postal_code, buyer.city, buyer.country),
        *(item, note, kept.until, kept.provisions, kept.exemptions),
    )
    return invoice_id, given


async def correct(tx: Transaction, order_id: UUID, taken: Part, issued_on: date, kept: Retention) -> tuple[UUID, str]:
    """Issue the correcting invoice of a refund; the buyer stays as first invoiced."""
    invoice_id = uuid4()
    given = await _next(tx, "KOR", issued_on)
    await tx.run(
        CORRECT,
        *(invoice_id, order_id, given, issued_on, taken.net, taken.vat, taken.gross),
        *(kept.until, kept.provisions, kept.exemptions),
    )
    return invoice_id, given


async def _next(tx: Transaction, series: Series, issued_on: date) -> str:
    return number(series, issued_on, await tx.value(NEXT_NUMBER, series, issued_on.year))


async def settle(tx: Transaction, order_id: UUID, settled_on: date, claim: Reason) -> None:
    """The buyer owes nothing any more: the hold for the claim ends, the tax set stays."""
    await tx.run(SETTLE, order_id, settled_on, claim.provision, claim.exemption)


async def keep_papers(tx: Transaction, order_id: UUID, kept: Retention) -> None:
    """Keep order, payment, invoices and refunds of a sale at least until this day."""
    await tx.run(KEEP_PAPERS, order_id, kept.until, kept.provisions, kept.exemptions)


async def keep_evidence(tx: Transaction, order_id: UUID, kept: Retention) -> None:
    """Keep the order's address as proof of the place of supply (Reg. 282/2011 Art. 24f)."""
    await tx.run(KEEP_EVIDENCE, order_id, kept.until, kept.provisions, kept.exemptions)


async def of_person(tx: Transaction, subject_id: UUID) -> list[Row]:
    """A person's invoices, newest first."""
    return await tx.rows(OF_PERSON, subject_id)


async def one(tx: Transaction, subject_id: UUID, invoice_id: UUID) -> Row:
    """One of a person's invoices. Raises Refused (404)."""
    row = await tx.row(ONE, subject_id, invoice_id)
    if row is None:
        raise refuse(404, "no such invoice")
    return row
