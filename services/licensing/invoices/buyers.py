"""Invoices that named their buyer wrongly: each gets a correcting invoice (VAT Act art. 106j), none is changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from services.licensing.invoices.store import NAMED, next_number
from shared.contracts.privacy import Correction
from shared.database import Transaction

# What somebody bought privately stays so, and what a firm bought abroad has its VAT number: the NIP is Poland's.
# The country, which decides the tax, stays.
RIGHT = """
coalesce($2, n.buyer_name) AS name, coalesce($3, n.buyer_street) AS street,
  coalesce($4, n.buyer_postal_code) AS postal_code, coalesce($5, n.buyer_city) AS city,
  CASE WHEN (n.buyer_company, n.buyer_nip, i.buyer_vat_number) = ('', '', '') THEN '' ELSE coalesce($6, n.buyer_company)
    END AS company,
  CASE WHEN (n.buyer_company, n.buyer_nip) = ('', '') OR i.buyer_vat_number <> '' THEN n.buyer_nip
    ELSE coalesce($7, n.buyer_nip) END AS nip
"""
WRONG = f"""
SELECT i.invoice_id FROM invoice i CROSS JOIN LATERAL ({NAMED.format(order_id="i.order_id")}) n
  CROSS JOIN LATERAL (SELECT {RIGHT}) AS r
WHERE i.subject_id = $1 AND i.kind = 'invoice'
  AND (r.name, r.street, r.postal_code, r.city, r.company, r.nip) IS DISTINCT FROM
    (n.buyer_name, n.buyer_street, n.buyer_postal_code, n.buyer_city, n.buyer_company, n.buyer_nip)
ORDER BY i.issued_on, i.number
"""  # noqa: S608 constants
# It has no amounts of its own, and is kept as long as what it corrects.
CORRECT = f"""
INSERT INTO invoice (invoice_id, subject_id, order_id, number, kind, cause, corrects, issued_on, sold_on, due_on,
  settled_on, seller, seller_nip, seller_address, currency,
  buyer_name, buyer_company, buyer_nip, buyer_vat_number, buyer_street, buyer_postal_code, buyer_city, buyer_country,
  item, quantity, net, vat, gross, vat_rate, vat_note, retain_until, provisions, exemptions, live)
SELECT $8::uuid, i.subject_id, i.order_id, $9::text, 'correction', 'buyer', i.invoice_id, $10::date, i.sold_on,
  $10, $10,
  i.seller, i.seller_nip, i.seller_address, i.currency,
  r.name, r.company, r.nip, i.buyer_vat_number, r.street, r.postal_code, r.city, i.buyer_country,
  i.item, i.quantity, 0, 0, 0, i.vat_rate, i.vat_note, i.retain_until, i.provisions, i.exemptions, i.live
FROM invoice i CROSS JOIN LATERAL ({NAMED.format(order_id="i.order_id")}) n CROSS JOIN LATERAL (SELECT {RIGHT}) AS r
WHERE i.invoice_id = $1
"""  # noqa: S608 constants
ORDERED = """
UPDATE purchase_buyer SET name = coalesce($2, name), street = coalesce($3, street),
  postal_code = coalesce($4, postal_code), city = coalesce($5, city),
  company = CASE WHEN (company, nip, vat_number) = ('', '', '') THEN '' ELSE coalesce($6, company) END,
  nip = CASE WHEN (company, nip) = ('', '') OR vat_number <> '' THEN nip ELSE coalesce($7, nip) END
WHERE subject_id = $1
"""


@dataclass(frozen=True)
class RightBuyer:
    """What is right about a buyer; None: what stands there is."""

    name: str | None
    street: str | None
    postal_code: str | None
    city: str | None
    company: str | None
    nip: str | None

    @classmethod
    def of(cls, correction: Correction) -> "RightBuyer":
        c = correction
        return cls(c.full_name, c.street, c.postal_code, c.city, c.company, c.nip)

    @property
    def columns(self) -> tuple[str | None, ...]:
        return self.name, self.street, self.postal_code, self.city, self.company, self.nip


async def name_rightly(tx: Transaction, subject_id: UUID, right: RightBuyer) -> None:
    """In open orders, which are not invoiced yet."""
    await tx.run(ORDERED, subject_id, *right.columns)


async def correct(tx: Transaction, subject_id: UUID, right: RightBuyer, issued_on: date) -> Sequence[UUID]:
    """Issue a correcting invoice for each invoice that names the buyer otherwise; their ids."""
    issued = []
    for row in await tx.rows(WRONG, subject_id, *right.columns):
        correction_id = uuid4()
        number = await next_number(tx, "KOR", issued_on)
        await tx.run(CORRECT, row["invoice_id"], *right.columns, correction_id, number, issued_on)
        issued.append(correction_id)
    return issued
