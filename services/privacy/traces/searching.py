"""Every participant searches for the values of erased people, many cases in one pass; then the values are destroyed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken

from services.privacy.data_map import DATA_MAP
from services.privacy.settings import PrivacySettings
from services.privacy.traces import rules, store
from services.privacy.traces.identifying_values import USE
from services.privacy.traces.store import Sealed
from shared.contracts.trace_search import SearchTraces, SoughtCase, TraceCount, TracesPage
from shared.database import Database
from shared.loops import backoff
from shared.messaging.request_client import RequestClient
from shared.observability import log
from shared.personal_data import trace_search
from shared.personal_data.trace_places import elsewhere
from shared.problems import Refused
from shared.purposes import Purpose
from shared.seals import unseal
from shared.secrets import Keyring
from shared.tracing import note

MAX_CASES = 500
PAGE_TIMEOUT_S = 30.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 900.0


@dataclass
class _Pass:
    """What one participant saw in one pass."""

    read: int = 0
    traces: list[TraceCount] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def add(self, page: TracesPage) -> None:
        self.read += page.read
        self.traces += page.traces
        self.unread.update(page.unread)


async def search(database: Database, client: RequestClient, keyring: Keyring, settings: PrivacySettings) -> bool:
    """Have one participant search for the cases that wait for it; answers whether there were any."""
    async with database.transaction(Purpose.ERASURE) as tx:
        leased = await store.lease(tx, MAX_CASES)
    if not leased:
        return False
    service = leased[0].service
    for cases in rules.passes(_opened(leased, keyring)):
        try:
            seen = await _pass(service, cases, database, client, settings)
        except Refused as refused:
            log.warning("search waits", participant=service, reason=refused.problem.title)
            await _put_off(database, leased)
            return True
        await _keep(database, service, cases, seen)
    return True


def _opened(leased: Sequence[Sealed], keyring: Keyring) -> Iterator[SoughtCase]:
    """Those whose values can be read; what no key fits is sought by nobody, and its certificate says so."""
    for each in leased:
        try:
            values = json.loads(unseal(keyring, USE, each.sealed))
        except InvalidToken:
            note(case_id=each.case_id)
            log.error("sealed values fit no key")
            continue
        yield SoughtCase(case_id=each.case_id, subjects=tuple(each.subjects), values=tuple(values))


async def _pass(
    service: str, cases: tuple[SoughtCase, ...], database: Database, client: RequestClient, settings: PrivacySettings
) -> _Pass:
    """All pages of one participant's search."""
    seen, request = _Pass(), SearchTraces(cases=cases)
    while True:
        page = await _page(service, request, database, client, settings)
        seen.add(page)
        if not page.next:
            return seen
        request = SearchTraces(cases=cases, after=page.next)


async def _page(
    service: str, request: SearchTraces, database: Database, client: RequestClient, settings: PrivacySettings
) -> TracesPage:
    """Privacy's own tables are searched without the broker."""
    if service != database.service:
        return await client.request(request, to=service, timeout_s=PAGE_TIMEOUT_S)
    if page := await elsewhere(request, settings, service):
        return page
    async with database.transaction(Purpose.ERASURE) as tx:
        return await trace_search.in_tables(tx, DATA_MAP, request)


async def _keep(database: Database, service: str, cases: Sequence[SoughtCase], seen: _Pass) -> None:
    ids = [case.case_id for case in cases]
    summed = rules.summed(seen.traces)
    for case_id in sorted({trace.case_id for trace in summed if trace.ending == "found"}):
        note(case_id=case_id)
        log.error("a value of somebody erased was found", participant=service)
    async with database.transaction(Purpose.ERASURE) as tx:
        await store.answered(tx, ids, service, seen.read, seen.unread, summed)
        await store.destroy(tx)


async def _put_off(database: Database, leased: Sequence[Sealed]) -> None:
    wait_s = backoff(max(each.attempts for each in leased), FIRST_WAIT_S, LONGEST_WAIT_S)
    async with database.transaction(Purpose.ERASURE) as tx:
        await store.put_off(tx, [each.case_id for each in leased], leased[0].service, wait_s)
