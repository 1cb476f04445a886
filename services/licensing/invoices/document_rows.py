"""What the document of an invoice is made of: its row, and for a correction what stood before it."""

from uuid import UUID

from services.licensing.invoices.documents import Corrected, Money, Named
from services.licensing.invoices.rules import Invoice
from services.licensing.invoices.store import READ
from shared.database import Transaction
from shared.problems import refuse

ONE = READ + "WHERE i.invoice_id = $1 AND ($2::uuid IS NULL OR i.subject_id = $2)"
# Documents of one order in the order of their issue; numbers of more than four digits come after all of four.
EARLIER = "(e.issued_on, length(e.number), e.number) < (i.issued_on, length(i.number), i.number)"
CORRECTED = f"""
SELECT c.number, c.issued_on, (c.net + before.net)::bigint AS net, (c.vat + before.vat)::bigint AS vat,
  (c.gross + before.gross)::bigint AS gross,
  n.buyer_name, n.buyer_company, n.buyer_nip, n.buyer_vat_number, n.buyer_street, n.buyer_postal_code, n.buyer_city,
  n.buyer_country
FROM invoice i JOIN invoice c ON c.invoice_id = i.corrects
CROSS JOIN LATERAL (SELECT coalesce(sum(e.net), 0) AS net, coalesce(sum(e.vat), 0) AS vat,
  coalesce(sum(e.gross), 0) AS gross FROM invoice e WHERE e.corrects = c.invoice_id AND {EARLIER}) AS before
CROSS JOIN LATERAL (SELECT e.* FROM invoice e
  WHERE e.invoice_id = c.invoice_id OR (e.corrects = c.invoice_id AND e.cause = 'buyer' AND {EARLIER})
  ORDER BY e.kind = 'correction' DESC, e.issued_on DESC, length(e.number) DESC, e.number DESC LIMIT 1) AS n
WHERE i.invoice_id = $1
"""  # noqa: S608 constants


async def read(tx: Transaction, invoice_id: UUID, subject_id: UUID | None) -> tuple[Invoice, Corrected | None]:
    """An invoice, of this person or of anybody. Raises Refused (404)."""
    row = await tx.row(ONE, invoice_id, subject_id)
    if row is None:
        raise refuse(404, "no such invoice")
    return Invoice(**row), await _corrected(tx, invoice_id)


async def _corrected(tx: Transaction, invoice_id: UUID) -> Corrected | None:
    row = await tx.row(CORRECTED, invoice_id)
    if row is None:
        return None
    number, issued_on, net, vat, gross, *buyer = row.values()
    return Corrected(number, issued_on, Money(net, vat, gross), Named(*buyer))
