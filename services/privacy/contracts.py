"""Contracts that go on when their account is gone."""

from services.privacy.certificates import store
from shared.contracts import licensing, privacy
from shared.contracts.message import Done
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose


async def end_by_token(request: privacy.EndContracts, database: Database, client: RequestClient) -> Done:
    """Have licensing end them. Raises Refused: 404, or 409 while the account is there to do it."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        case = await store.closed_case(tx, request.token)
    return await client.request(licensing.EndContracts(subjects=tuple(sorted(case.subjects))))
