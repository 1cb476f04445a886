"""Erasures that wait for a hold: their people are told (GDPR Art. 12(4))."""

from datetime import date
from uuid import UUID

from services.privacy.cases.reasons import Kept
from services.privacy.holds.store import ERASURE_WAITS, WAITED_FOR
from services.privacy.loops import LETTERS
from shared.database import Transaction
from shared.personal_data.holds import IN_FORCE

LETTER = "held"
# Once for each hold; the receipt goes first.
TELL = f"""
UPDATE privacy_case c SET letter = '{LETTER}', letter_due_at = clock_timestamp(), letter_tries = 0,
  hold_told_at = clock_timestamp()
WHERE kind = 'erasure' AND state IN ('waiting', 'failed') AND run_at <= clock_timestamp() AND letter IS NULL
  AND sealed_address IS NOT NULL AND EXISTS (
    SELECT FROM hold h JOIN legal_hold l USING (hold_id)
    WHERE h.subject_id = c.subject_id AND {WAITED_FOR} AND coalesce(c.hold_told_at < l.placed_at, true))
"""  # noqa: S608 constants
# The hold is gone before its letter has left.
UNTELL = f"""
UPDATE privacy_case c SET letter = NULL, hold_told_at = NULL WHERE letter = '{LETTER}' AND NOT {ERASURE_WAITS}
  AND subject_id IN (SELECT subject_id FROM hold WHERE hold_id = $1)
"""  # noqa: S608 constants
HELD = f"""
SELECT h.scope AS categories, NULL::date AS retain_until, h.review_at, ARRAY[h.hold_id] AS holds,
  array_to_string(h.provisions || h.exemptions, '; ') AS grounds
FROM hold h WHERE h.subject_id = $1 AND {WAITED_FOR} ORDER BY h.review_at
"""  # noqa: S608 constants
REVIEW_DUE = f"SELECT count(*) FROM legal_hold WHERE {IN_FORCE} AND review_at <= $1"  # noqa: S608 constants


async def tell(tx: Transaction) -> None:
    """Have everybody written to whose erasure is due and waits."""
    if await tx.run(TELL):
        tx.wake(LETTERS)


async def untell(tx: Transaction, hold_id: UUID) -> None:
    """Write to nobody about a hold that is released, if another one is not waited for."""
    await tx.run(UNTELL, hold_id)


async def waited_for(tx: Transaction, subject_id: UUID) -> list[Kept]:
    """What a person's erasure waits for."""
    return [
        Kept(tuple(r["categories"]), r["retain_until"], r["review_at"], r["grounds"], tuple(map(str, r["holds"])))
        for r in await tx.rows(HELD, subject_id)
    ]


async def review_due(tx: Transaction, today: date) -> int:
    """How many holds somebody has to look at."""
    return int(await tx.value(REVIEW_DUE, today))
