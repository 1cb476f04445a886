"""The records of a sale stay together: order, payment, invoices and refunds are kept as long as the last of them."""

from uuid import UUID

from shared.database import Transaction
from shared.law.retention import Retention

KEEP = """
WITH invoices AS (UPDATE invoice SET retain_until = $2 WHERE order_id = $1 AND retain_until < $2),
refunds AS (UPDATE refund SET retain_until = $2 WHERE order_id = $1 AND retain_until < $2),
payments AS (UPDATE payment SET retain_until = $2, provisions = $3, exemptions = $4
  WHERE order_id = $1 AND confirmed_at IS NOT NULL AND COALESCE(retain_until < $2, true))
UPDATE purchase SET retain_until = $2, provisions = COALESCE(provisions, $3), exemptions = COALESCE(exemptions, $4)
WHERE order_id = $1 AND COALESCE(retain_until < $2, true)
"""
KEEP_ORIGIN = """
UPDATE purchase_origin SET retain_until = $2, provisions = $3, exemptions = $4, purge_after = NULL WHERE order_id = $1
"""


async def keep(tx: Transaction, order_id: UUID, retention: Retention) -> None:
    """Keep what belongs to a sale at least so long."""
    await tx.run(KEEP, order_id, retention.until, retention.provisions, retention.exemptions)


async def keep_origin(tx: Transaction, order_id: UUID, retention: Retention) -> None:
    """Keep the order's IP address as proof of the place of supply (Reg. 282/2011 Art. 24f)."""
    await tx.run(KEEP_ORIGIN, order_id, retention.until, retention.provisions, retention.exemptions)
