"""Unpaid invoices of erased buyers: kept for the claim until it is time-barred, then for tax law alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.licensing.grounds import UNPAID_DEBT
from shared.database import Transaction
from shared.law.retention import Claim, claim, open_claim

HOLD = """
UPDATE invoice SET review_at = $2, provisions = array_append(provisions, $3::text),
  exemptions = array_append(exemptions, $4::text)
WHERE subject_id = ANY ($1) AND settled_on IS NULL AND review_at IS NULL
"""
DUE = """
SELECT invoice_id, due_on FROM invoice WHERE NOT live AND review_at <= $1 ORDER BY subject_id, invoice_id LIMIT $2
FOR UPDATE SKIP LOCKED
"""
HOLD_ON = "UPDATE invoice SET review_at = $2 WHERE invoice_id = ANY ($1)"
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


async def hold(tx: Transaction, subject_ids: Sequence[UUID], review_on: date | None) -> None:
    """Keep unpaid invoices for the claim, too, when their buyers are erased."""
    await tx.run(HOLD, subject_ids, review_on, UNPAID_DEBT.provision, UNPAID_DEBT.exemption)


async def review(tx: Transaction, day: date, limit: int) -> int:
    """Look again at what is held for a claim; answers how many there were."""
    debts = [Debt(**row) for row in await tx.rows(DUE, day, limit)]
    barred = [debt.invoice_id for debt in debts if is_barred(debt, day)]
    owed = [debt.invoice_id for debt in debts if not is_barred(debt, day)]
    await tx.run(RELEASE, barred, UNPAID_DEBT.provision, UNPAID_DEBT.exemption)
    await tx.run(HOLD_ON, owed, open_claim(day).review_at)
    return len(debts)
