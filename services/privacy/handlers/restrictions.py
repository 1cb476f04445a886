"""Officers lift restrictions."""

from services.privacy.blocks import lifting
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.AnnounceLifting, purpose=Purpose.RIGHTS)
async def announce_lifting(request: privacy.AnnounceLifting, tx: Transaction, actor: Actor) -> Done:
    await lifting.announce(tx, request.case_id, request.reason, actor.id)
    return Done()


@router.request(privacy.LiftRestriction, purpose=Purpose.RIGHTS)
async def lift_restriction(request: privacy.LiftRestriction, tx: Transaction, actor: Actor) -> Done:
    await lifting.lift(tx, request.case_id, actor.id)
    return Done()
