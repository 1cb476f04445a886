"""The records of a sale stay together: all are kept as long as the last of them."""

from uuid import UUID

from services.licensing.orders.rules import Buyer
from shared.database import Transaction
from shared.law.retention import Retention

KEEP = """
WITH invoices AS (UPDATE invoice SET retain_until = $2 WHERE order_id = $1 AND retain_until < $2),
there AS (UPDATE ksef_invoice k SET retain_until = $2 FROM invoice i
  WHERE i.order_id = $1 AND k.invoice_id = i.invoice_id AND k.retain_until < $2),
refunds AS (UPDATE refund SET retain_until = $2 WHERE order_id = $1 AND retain_until < $2),
disputes AS (UPDATE dispute SET retain_until = $2 WHERE order_id = $1 AND retain_until < $2),
payments AS (UPDATE payment SET retain_until = $2, provisions = $3, exemptions = $4
  WHERE order_id = $1 AND confirmed_at IS NOT NULL AND COALESCE(retain_until < $2, true))
UPDATE purchase SET retain_until = $2, provisions = COALESCE(provisions, $3), exemptions = COALESCE(exemptions, $4)
WHERE order_id = $1 AND COALESCE(retain_until < $2, true)
"""
KEEP_EVIDENCE = """
INSERT INTO tax_evidence (order_id, subject_id, kind, country, observed_at, retain_until, provisions, exemptions)
SELECT o.order_id, o.subject_id, e.kind, e.country, o.placed_at, $2, $3, $4
FROM purchase o CROSS JOIN LATERAL (VALUES ('billing address', o.country), ('ip address', NULLIF($5, '')),
  ('own word', CASE WHEN $6 THEN o.country END)) AS e (kind, country)
WHERE o.order_id = $1 AND e.country IS NOT NULL
"""


async def keep(tx: Transaction, order_id: UUID, retention: Retention) -> None:
    """Keep what belongs to a sale at least so long."""
    await tx.run(KEEP, order_id, retention.until, retention.provisions, retention.exemptions)


async def keep_evidence(tx: Transaction, order_id: UUID, retention: Retention, buyer: Buyer) -> None:
    """Keep what proves the place of a sale to a consumer abroad: country, kind, time (Reg. 282/2011 Art. 24f, 63c)."""
    basis = retention.until, retention.provisions, retention.exemptions
    await tx.run(KEEP_EVIDENCE, order_id, *basis, buyer.seen_country, buyer.confirms_country)
