"""Lifting a restriction: an officer announces it with a reason; it ends once the notice has left (GDPR Art. 18(3))."""

from uuid import UUID

from services.privacy.blocks import rulings
from services.privacy.blocks.rules import Restriction, check_announcing, check_lifting
from services.privacy.blocks.store import lock_ids
from services.privacy.cases.store import say
from services.privacy.loops import LETTERS
from services.privacy.recipients import store as recipients
from shared.database import Transaction
from shared.problems import refuse

WHOSE = "SELECT subject_id FROM privacy_case WHERE case_id = $1 AND kind = 'restriction'"
LOCK = """
SELECT case_id, state, notified_at, letter = 'lifting' AS is_leaving FROM privacy_case WHERE case_id = $1
FOR NO KEY UPDATE
"""
# A notice that could not be delivered is announced once more.
AGAIN = """
INSERT INTO case_event (case_id, actor, before, after, reason, by)
SELECT case_id, 'officer', state, state, $2, $3 FROM privacy_case WHERE case_id = $1 AND state = 'ending'
"""
ANNOUNCE = """
UPDATE privacy_case SET state = 'ending', letter_due_at = clock_timestamp(), letter_tries = 0,
  letter = CASE WHEN sealed_address IS NOT NULL THEN 'lifting' END WHERE case_id = $1
"""
LIFT = """
UPDATE privacy_case SET state = 'lifted', closed_at = clock_timestamp(), letter_due_at = clock_timestamp(),
  letter_tries = 0, letter = CASE WHEN sealed_address IS NOT NULL THEN 'lifted' END WHERE case_id = $1
"""


async def announce(tx: Transaction, case_id: UUID, reason: str, by: UUID) -> None:
    """Have the person written to. Raises Refused: 404; 409 in a state without a restriction to lift."""
    check_announcing((await _locked(tx, case_id))[0])
    await tx.run(AGAIN, case_id, reason, by)
    await say(tx, by, reason)
    await tx.run(ANNOUNCE, case_id)
    tx.wake(LETTERS)


async def lift(tx: Transaction, case_id: UUID, by: UUID) -> None:
    """End the restriction and its case. Raises Refused: 404; 409 before the notice has left, and in other states."""
    restriction, ids = await _locked(tx, case_id)
    check_lifting(restriction)
    await say(tx, by, "")
    await tx.run(LIFT, case_id)
    await rulings.release(tx, case_id, ids)
    await recipients.lifted(tx, case_id)
    tx.wake(LETTERS)


async def _locked(tx: Transaction, case_id: UUID) -> tuple[Restriction, list[UUID]]:
    """A restriction and the ids of its person, people first. Raises Refused (404)."""
    subject_id = await tx.value(WHOSE, case_id)
    if subject_id is None:
        raise refuse(404, "no such restriction")
    ids = await lock_ids(tx, subject_id)
    (row,) = await tx.rows(LOCK, case_id)
    return Restriction(**row), ids
