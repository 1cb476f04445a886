"""What decisions write: steps of a case with who made them, its clock, what was refused."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.privacy.cases.clock import ClockRow
from services.privacy.cases.machine import PENDING, REFUSED
from services.privacy.cases.store import say, say_no_more
from services.privacy.desk.store import LockedCase
from shared.contracts.privacy import RefusedPart
from shared.database import Transaction

WHOSE = "SELECT subject_id FROM privacy_case WHERE case_id = $1"
# A copy that is in doubt is not fetched: no letter says that it is ready.
GO = f"""
UPDATE privacy_case SET state = $2, letter = CASE WHEN $2 = '{PENDING}' THEN nullif(letter, 'ready') ELSE letter END
WHERE case_id = $1
"""  # noqa: S608 constants
KEEP_CLOCK = """
UPDATE privacy_case SET due_on = $2, target_on = $3, asked_on = $4, paused_from = $5, paused_days = $6,
  extended_on = $7, extension = coalesce($8, extension)
WHERE case_id = $1
"""
CERTAIN = """
UPDATE privacy_case SET verified_by = $2, run_at = $3, letter_due_at = clock_timestamp(), letter_tries = 0,
  letter = CASE WHEN sealed_address IS NOT NULL THEN 'receipt' END
WHERE case_id = $1
"""
REFUSE = """
INSERT INTO case_refusal (case_id, subject_id, category, ground, kept_until)
SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::date[])
"""
# The letter has the name of the state in which the case ends.
CONCLUDE = """
UPDATE privacy_case SET state = $2, closed_at = clock_timestamp(), letter_due_at = clock_timestamp(), letter_tries = 0,
  letter = CASE WHEN sealed_address IS NOT NULL THEN $2 END WHERE case_id = $1
"""
CLOSE = "UPDATE privacy_case SET state = $2, closed_at = clock_timestamp(), letter = NULL WHERE case_id = $1"


async def whose(tx: Transaction, case_id: UUID) -> UUID | None:
    subject_id: UUID | None = await tx.value(WHOSE, case_id)
    return subject_id


async def go(tx: Transaction, case_id: UUID, after: str, by: UUID, reason: str = "") -> None:
    """Bring a case into another state, and note who did that and why."""
    await say(tx, by, reason)
    await tx.run(GO, case_id, after)
    await say_no_more(tx)


async def keep_clock(tx: Transaction, case_id: UUID, clock: ClockRow, extension: str | None = None) -> None:
    c = clock
    stored = (c.due_on, c.target_on, c.asked_on, c.paused_from, c.paused_days, c.extended_on)
    await tx.run(KEEP_CLOCK, case_id, *stored, extension)


async def certain(tx: Transaction, case_id: UUID, identified_by: str, run_at: datetime) -> None:
    """It is certain who asks: the receipt says what happens now."""
    await tx.run(CERTAIN, case_id, identified_by, run_at)


async def refuse(tx: Transaction, case: LockedCase, parts: Sequence[RefusedPart], by: UUID, reasons: str) -> None:
    """End a case as refused; its letter was issued before."""
    columns = zip(*((part.category or "", part.ground, part.retain_until) for part in parts), strict=True)
    await tx.run(REFUSE, case.case_id, case.subject_id, *map(list, columns))
    await say(tx, by, reasons)
    await tx.run(CLOSE, case.case_id, REFUSED)
    await say_no_more(tx)


async def conclude(tx: Transaction, case: LockedCase, decision: str, by: UUID, reason: str) -> None:
    """End a review as it was decided; its person is written to."""
    await say(tx, by, reason)
    await tx.run(CONCLUDE, case.case_id, decision)
    await say_no_more(tx)
