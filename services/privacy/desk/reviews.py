"""An officer decides what somebody objects to (GDPR Art. 21(1)), contests (Art. 22(3)) or calls wrong (Art. 16)."""

from collections.abc import Collection
from uuid import UUID

from services.privacy.blocks import rulings
from services.privacy.desk import corrections, decision_store, rules
from services.privacy.desk.decisions import held
from services.privacy.loops import LETTERS
from services.privacy.recipients import store as recipients
from services.privacy.recipients.rules import names
from services.privacy.register.loading import register
from shared.contracts.privacy import DecideReview, ObjectionUpheld
from shared.database import Transaction


async def decide(tx: Transaction, request: DecideReview, by: UUID, required: Collection[str]) -> None:
    """End a review: an objection that is overruled stops nothing any more, one that is upheld purges. Whoever was
    given what is corrected is told.

    Raises Refused: 404; 409 unless it is under review; 422 for a decision or a correction of another right.
    """
    case, ids = await held(tx, request.case_id)
    rules.check_decision(case.right, case.state, request.decision)
    if request.correction is not None:
        corrections.check(case, request.decision, request.correction)
        await decision_store.go(tx, case.case_id, corrections.STATE, by, request.reason)
        await corrections.begin(tx, case, ids, request.correction, required)
        return
    await decision_store.conclude(tx, case, request.decision, by, request.reason)
    if request.decision == "overruled":
        await rulings.release(tx, case.case_id, ids)
    if request.decision == "upheld" and case.about:
        tx.publish(ObjectionUpheld(subjects=tuple(ids), purpose=case.about))
    if request.decision == "corrected" and case.about:
        await recipients.corrected(tx, case.case_id, ids, case.about, names(register()))
    tx.wake(LETTERS)
