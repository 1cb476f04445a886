"""Who and what had a trial, in PostgreSQL: trial_mark."""

from datetime import date
from uuid import UUID

from services.licensing.licenses.trial_marks import Mark
from shared.database import Transaction
from shared.law.calendar import months_after

KEPT_MONTHS = 12
# Whoever has the mark already keeps it to the day that it had.
TAKE = """
INSERT INTO trial_mark AS m (mark, holder, keep_until)
SELECT $1, $2, $3 WHERE NOT EXISTS (
  SELECT FROM trial_mark older WHERE mark = ANY ($4) AND keep_until >= $5 AND holder <> ALL ($6))
ON CONFLICT (mark) DO UPDATE SET holder = excluded.holder,
  keep_until = CASE WHEN m.keep_until < $5 THEN excluded.keep_until ELSE m.keep_until END
WHERE m.keep_until < $5 OR m.holder = ANY ($6)
"""
HAS_TRIED = "SELECT EXISTS (SELECT FROM license WHERE subject_id = $1 AND product = $2 AND trial_until IS NOT NULL)"
DROP_OLD = "DELETE FROM trial_mark WHERE keep_until < $1"


async def take(tx: Transaction, mark: Mark, day: date) -> bool:
    """Note a trial of the mark's holder; False where another had it within the last 12 months."""
    keep_until = months_after(day, KEPT_MONTHS)
    newest = mark.hashes[0], mark.holders[0], keep_until
    return bool(await tx.run(TAKE, *newest, mark.hashes, day, mark.holders))


async def has_tried(tx: Transaction, subject_id: UUID, product: str) -> bool:
    """Whether a person had a trial of a product, in any edition."""
    return bool(await tx.value(HAS_TRIED, subject_id, product))


async def drop_old(tx: Transaction, day: date) -> None:
    await tx.run(DROP_OLD, day)
