"""An officer decides what somebody objects to (GDPR Art. 21(1)), contests (Art. 22(3)) or calls wrong (Art. 16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.privacy.blocks import rulings
from services.privacy.blocks.store import lock_ids
from services.privacy.cases.store import say, say_no_more
from services.privacy.loops import LETTERS
from shared.contracts.privacy import DecideReview, ObjectionUpheld
from shared.database import Transaction
from shared.problems import refuse

WHOSE = "SELECT subject_id FROM privacy_case WHERE case_id = $1"
LOCK = "SELECT case_id, kind AS right, state, about FROM privacy_case WHERE case_id = $1 FOR NO KEY UPDATE"
DECIDE = """
UPDATE privacy_case SET state = $2, closed_at = clock_timestamp(), letter_due_at = clock_timestamp(), letter_tries = 0,
  letter = CASE WHEN sealed_address IS NOT NULL THEN $2 END WHERE case_id = $1
"""
ENDS: Mapping[str, tuple[str, ...]] = {
    "objection": ("upheld", "overruled"),
    "human-review": ("changed", "confirmed"),
    "rectification": ("corrected", "declined"),
}
"""How an officer may end the review of each right."""


@dataclass(frozen=True)
class Review:
    """A case that waits for a person's decision."""

    case_id: UUID
    right: str
    state: str
    about: str | None


def check(review: Review, decision: str) -> None:
    """Raise Refused: 422 for a decision that its right does not know, 409 in every other state."""
    ends = ENDS.get(review.right, ())
    if decision not in ends:
        known = f"one of: {', '.join(ends)}" if ends else f"nobody decides a case of {review.right} so"
        raise refuse(422, "this right is not decided so", field="decision", message=known)
    if review.state != "under review":
        raise refuse(409, "there is nothing to decide", field="state", message=f"it is {review.state}")


async def decide(tx: Transaction, request: DecideReview, by: UUID) -> None:
    """End a review; an objection that is overruled stops nothing any more, one that is upheld purges."""
    review, ids = await _locked(tx, request.case_id)
    check(review, request.decision)
    await say(tx, by, request.reason)
    await tx.run(DECIDE, review.case_id, request.decision)
    await say_no_more(tx)
    if request.decision == "overruled":
        await rulings.release(tx, review.case_id, ids)
    if request.decision == "upheld" and review.about:
        tx.publish(ObjectionUpheld(subjects=tuple(ids), purpose=review.about))
    tx.wake(LETTERS)


async def _locked(tx: Transaction, case_id: UUID) -> tuple[Review, Sequence[UUID]]:
    """A review and the ids of its person, people first. Raises Refused (404)."""
    subject_id = await tx.value(WHOSE, case_id)
    if subject_id is None:
        raise refuse(404, "no such case")
    ids = await lock_ids(tx, subject_id)
    (row,) = await tx.rows(LOCK, case_id)
    return Review(**row), ids
