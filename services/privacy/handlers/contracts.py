"""The way out of a contract that goes on when its account is gone."""

from services.privacy.certificates import store
from shared.contracts import licensing, privacy
from shared.contracts.message import Done
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


async def ask_licensing(request: privacy.EndContracts, database: Database, client: RequestClient) -> Done:
    """Raises Refused: 404, or 409 while the account is there to do it."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        case = await store.closed_case(tx, request.token)
    return await client.request(licensing.EndContracts(subjects=tuple(sorted(case.subjects))))


@router.request(privacy.EndContracts, purpose=Purpose.RIGHTS, prepare=ask_licensing)
async def end_contracts(_request: privacy.EndContracts, prepared: Done) -> Done:
    return prepared
