"""The way out of a contract that goes on when its account is gone."""

from services.privacy.contracts import end_by_token
from shared.contracts import privacy
from shared.contracts.message import Done
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.EndContracts, purpose=Purpose.RIGHTS, prepare=end_by_token)
async def end_contracts(_request: privacy.EndContracts, prepared: Done) -> Done:
    return prepared
