"""A member's own activity log."""

from services.identity import activity
from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("identity")


@router.request(identity.ReadActivity, purpose=Purpose.RIGHTS)
async def read_activity(request: identity.ReadActivity, tx: Transaction) -> identity.Activities:
    return identity.Activities(activities=await activity.newest(tx, request.subject_id, request.limit))
