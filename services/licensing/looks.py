"""Buyers found by staff, and the notes of who looked, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.licensing.rows import insert
from shared.contracts import licensing
from shared.database import Transaction

MOST = 20
# Each arm is an index; without a value it finds nobody.
FIND = """
SELECT subject_id FROM purchase WHERE order_id = $1
UNION SELECT subject_id FROM invoice WHERE number = $2
UNION SELECT subject_id FROM license WHERE key_end = $3
UNION SELECT subject_id FROM purchase WHERE subject_id = $4
ORDER BY subject_id LIMIT $5
"""
STANDING = """
SELECT subject.live, EXISTS (SELECT FROM ban WHERE ban.subject_id = subject.subject_id) AS banned
FROM subject WHERE subject_id = $1
"""


@dataclass(frozen=True)
class BuyerStanding:
    live: bool
    banned: bool


async def find(tx: Transaction, request: licensing.LookUpSales, of_address: UUID | None) -> Sequence[UUID]:
    """Whom the question fits; `of_address` is who has the address that it names."""
    found = await tx.rows(FIND, request.order, request.invoice, request.key_end, of_address, MOST)
    return [row["subject_id"] for row in found]


async def standing(tx: Transaction, subject_id: UUID) -> BuyerStanding:
    row = await tx.row(STANDING, subject_id)
    return BuyerStanding(**row) if row else BuyerStanding(live=False, banned=False)


async def note(tx: Transaction, subject_id: UUID, purpose: str, by: UUID, at: datetime) -> None:
    """That one of the staff looks at what a living person bought; a look at somebody erased is in the audit alone."""
    await insert(tx, "sale_look", subject_id=subject_id, purpose=purpose, by=by, at=at)
