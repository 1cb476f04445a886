"""Officers decide objections and contested decisions."""

from services.privacy.desk import reviews
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.DecideReview, purpose=Purpose.RIGHTS)
async def decide(request: privacy.DecideReview, tx: Transaction, actor: Actor) -> Done:
    await reviews.decide(tx, request, actor.id)
    return Done()
