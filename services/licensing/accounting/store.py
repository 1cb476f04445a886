"""Invoices and corrections by the day of their issue, of the living and of the erased."""

from datetime import date

from services.licensing.accounting.rules import Sale
from shared.database import Transaction
from shared.problems import refuse

MOST_ROWS = 50_000
"""Some eight megabytes of text: more than that no broker should carry in one answer."""
ISSUED = """
SELECT i.subject_id, i.number, i.kind, corrected.number AS corrects, i.issued_on, i.sold_on, i.due_on, i.settled_on,
  i.buyer_name, i.buyer_company, i.buyer_nip, i.buyer_vat_number, i.buyer_country, i.item, i.quantity, i.net, i.vat,
  i.gross, i.vat_rate, i.vat_note, i.currency, coalesce(k.ksef_number, '') AS ksef_number
FROM invoice i LEFT JOIN invoice corrected ON corrected.invoice_id = i.corrects
LEFT JOIN ksef_invoice k ON k.invoice_id = i.invoice_id
WHERE i.issued_on >= $1 AND i.issued_on < $2 AND ($3::text IS NULL OR i.vat_note = $3)
ORDER BY i.issued_on, i.kind DESC, length(i.number), i.number LIMIT $4
"""


async def issued(tx: Transaction, first: date, end: date, vat_note: str | None = None) -> list[Sale]:
    """What was issued from a day on and before another one. Raises Refused (409) for more than fits one file."""
    rows = await tx.rows(ISSUED, first, end, vat_note, MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise refuse(409, "there is more than fits one file", message="take fewer days")
    return [Sale(**row) for row in rows]
