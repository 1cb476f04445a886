"""Receipts: kept by law, also when they come late."""

from datetime import date

from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from tests.sample import contracts

router = ServiceRouter("sample")

KEPT_UNTIL = date(2099, 12, 31)
PROVISION = "Accounting Act art. 74(2)"

KEEP = """
INSERT INTO receipt (receipt_id, subject_id, amount_cents, live, retain_until, provisions, exemptions)
SELECT $1, subject_id, $3, live, $4, ARRAY[$5], ARRAY['Art. 17(3)(b)'] FROM subject WHERE subject_id = $2
"""


@router.event(contracts.ReceiptMade, purpose=Purpose.CONTRACT)
async def keep_receipt(event: contracts.ReceiptMade, tx: Transaction) -> None:
    """Keep the record as long as the law says; of an erased person as a retained row."""
    await tx.run(KEEP, event.receipt_id, event.subject_id, event.amount_cents, KEPT_UNTIL, PROVISION)
