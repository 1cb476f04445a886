"""Officers decide objections, contested decisions and what is wrong; services say what they have put right."""

from collections.abc import Set

from services.privacy.desk import corrections, reviews
from services.privacy.participants import check_speaks_for_itself
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Done
from shared.contracts.privacy import CorrectionApplied
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.DecideReview, purpose=Purpose.RIGHTS)
async def decide(request: privacy.DecideReview, tx: Transaction, actor: Actor, required: Set[str]) -> Done:
    await reviews.decide(tx, request, actor.id, required)
    return Done()


@router.request(privacy.ReadCorrection, purpose=Purpose.RIGHTS)
async def read_correction(request: privacy.ReadCorrection, tx: Transaction) -> privacy.Correction:
    return await corrections.read(tx, request.case_id, request.subject_id)


@router.event(CorrectionApplied, purpose=Purpose.RIGHTS)
async def note_applied(event: CorrectionApplied, tx: Transaction, sender: str) -> None:
    check_speaks_for_itself(event.service, sender)
    await corrections.applied(tx, event)
