"""People whom a breach concerns are counted: each service is asked whom it holds the lost data of, page by page."""

from services.privacy.breaches import scope_store as store
from services.privacy.breaches.scope_store import DueScope
from services.privacy.data_map import DATA_MAP
from shared.contracts.participants import Holders, ListHolders
from shared.database import Database
from shared.loops import backoff
from shared.messaging.request_client import RequestClient
from shared.observability import log
from shared.personal_data import holders
from shared.problems import Refused
from shared.purposes import Purpose

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
PAGE_TIMEOUT_S = 10.0
PAGE = 1000


async def count_people(database: Database, client: RequestClient) -> bool:
    """Ask for one page; answers whether more may be waiting. A service that is down holds up its own scopes alone."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        due = await store.lease(tx)
    if due is None:
        return False
    try:
        page = await _page(due, database, client)
    except Refused as refused:
        log.warning("scope waits", participant=due.service, attempt=due.attempts, reason=refused.problem.title)
        async with database.transaction(Purpose.RIGHTS) as tx:
            await store.postpone(tx, due, backoff(due.attempts, FIRST_WAIT_S, LONGEST_WAIT_S))
        return True
    async with database.transaction(Purpose.RIGHTS) as tx:
        await store.count_in(tx, due, page)
    return True


async def _page(due: DueScope, database: Database, client: RequestClient) -> Holders:
    """Privacy's own tables are read without the broker."""
    asked = ListHolders(categories=tuple(due.categories), after=due.reached, limit=PAGE)
    if due.service != database.service:
        return await client.request(asked, to=due.service, timeout_s=PAGE_TIMEOUT_S)
    async with database.transaction(Purpose.RIGHTS) as tx:
        return await holders.page(tx, DATA_MAP, asked)
