"""Unpaid invoices of erased buyers: kept for the claim until it is time-barred, then for tax law alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.licensing.grounds import UNPAID_DEBT
from shared.database import Transaction
from shared.law.retention import Claim, claim, open_claim

DUE = """
SELECT invoice_id, due_on FROM invoice WHERE NOT live AND review_at <= $1 ORDER BY subject_id, invoice_id LIMIT $2
FOR UPDATE SKIP LOCKED
"""
HOLD = "UPDATE invoice SET review_at = $2 WHERE invoice_id = ANY ($1)"
RELEASE = """
UPDATE invoice SET review_at = NULL, provisions = array_remove(provisions, $2::text),
  exemptions = array_remove(exemptions, $3::text)
WHERE invoice_id = ANY ($1)
"""


@dataclass(frozen=True)
class Debt:
    invoice_id: UUID
    due_on: date


def is_barred(debt: Debt, day: date) -> bool:
    """Whether the claim can't be enforced any more (KC art. 117, 118)."""
    until = claim(debt.due_on, Claim.BUSINESS).until
    return until is not None and until < day


async def review(tx: Transaction, day: date, limit: int) -> int:
    """Look again at what is held for a claim; answers how many there were."""
    debts = [Debt(**row) for row in await tx.rows(DUE, day, limit)]
    barred = [debt.invoice_id for debt in debts if is_barred(debt, day)]
    await _release(tx, barred)
    still_owed = [debt.invoice_id for debt in debts if debt.invoice_id not in barred]
    await tx.run(HOLD, still_owed, open_claim(day).review_at)
    return len(debts)


async def _release(tx: Transaction, invoice_ids: Collection[UUID]) -> None:
    await tx.run(RELEASE, list(invoice_ids), UNPAID_DEBT.provision, UNPAID_DEBT.exemption)
