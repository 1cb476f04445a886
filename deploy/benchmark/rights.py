"""`./lethe benchmark rights`: how long rights take from the request to their effect in every service."""

import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from deploy.benchmark.cases import PATIENCE_S, POLL_S, Connections, Figures, analyze, arrive
from deploy.benchmark.erasure import CLIENTS, resident_mb
from deploy.local.keys import signer
from deploy.local.system import GATEWAY, SERVICES, System
from deploy.population import residents
from deploy.population.residents import Resident
from shared.assertions import Signer
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.trace_search import SearchTraces, SoughtCase
from shared.messaging.request_client import RequestClient

COPIED_ROWS, FEW_ROWS, MANY_ROWS = 2_000, 1_000, 100_000
RESTRICTED, ONE_BY_ONE = 1_000, 60
SCANNED_ROWS, ONE_CASE, MANY_CASES, ROUNDS = 1_000_000, 1, 100, 3
ANSWER_S = 60.0
MEMORY_EVERY_S = 0.05
LIVE = """
INSERT INTO activity (subject_id, what, ip, at)
SELECT $1, 'signed in', '203.0.113.7', now() - make_interval(secs => n) FROM generate_series(1, $2) n
"""
STATES = "SELECT count(*) FROM privacy_case WHERE subject_id = ANY ($1) AND kind = $2 AND state = $3"


@dataclass(frozen=True)
class _Bench:
    """The system at work, and who asks it."""

    running: System
    connections: Connections
    gateway: RequestClient
    privacy: RequestClient
    signer: Signer

    async def ask(self, person: Resident, right: str, **fields: Any) -> None:
        """Open a case as a member with a fresh session does."""
        request = privacy.OpenCase.model_validate({"right": right, "token": uuid4().hex, **fields})
        assertion = self.signer.sign(Actor(person.subject_id, "member", now()))
        await self.gateway.request(request, timeout_s=ANSWER_S, assertion=assertion)

    async def until(self, people: Sequence[Resident], right: str, state: str) -> None:
        """Wait until the cases of all these people are in a state."""
        ids, began = [person.subject_id for person in people], perf_counter()
        while perf_counter() - began < PATIENCE_S:
            if await self.connections["privacy"].fetchval(STATES, ids, right, state) == len(people):
                return
            await asyncio.sleep(POLL_S / 4)
        raise TimeoutError(f"the cases are not all {state}")


@contextlib.asynccontextmanager
async def _at_work(running: System) -> AsyncIterator[_Bench]:
    gateway = RequestClient(running.amqp[GATEWAY], "benchmark")
    asking = RequestClient(running.amqp["privacy"], "benchmark")
    async with residents.superuser(running.servers.postgres_admin_url, SERVICES) as connections:
        yield _Bench(running, connections, gateway, asking, signer(running.folder))
    await gateway.close()
    await asking.close()


async def copy(bench: _Bench, rows: int, seed: int) -> Figures:
    """From the request to a copy that is ready, and what the processes' memory grew by meanwhile."""
    (person,) = await arrive(bench.connections, 1, seed)
    await bench.connections["identity"].execute(LIVE, person.subject_id, rows)
    await analyze(bench.connections)
    before, stop = resident_mb(bench.running), asyncio.Event()
    watcher = asyncio.create_task(_highest(bench.running, stop))
    began = perf_counter()
    await bench.ask(person, "access")
    await bench.until([person], "access", "ready")
    seconds = perf_counter() - began
    stop.set()
    highest = await watcher
    return {"rows": rows, "seconds": round(seconds, 2), "grew_mb": round(highest - sum(before.values()), 1)}


async def _highest(running: System, stop: asyncio.Event) -> float:
    """The most memory that all processes together had until `stop`, in MB."""
    highest = 0.0
    while not stop.is_set():
        highest = max(highest, sum(resident_mb(running).values()))
        await asyncio.sleep(MEMORY_EVERY_S)
    return highest


async def restrictions(bench: _Bench, people: int, seed: int) -> Figures:
    """Many people at once, until every service has confirmed all of them."""
    restricted = await arrive(bench.connections, people, seed)
    await analyze(bench.connections)
    waiting = iter(restricted)

    async def one_client() -> None:
        for person in waiting:
            await bench.ask(person, "restriction", ground="accuracy contested")

    began = perf_counter()
    await asyncio.gather(*(one_client() for _ in range(CLIENTS)))
    await bench.until(restricted, "restriction", "in force")
    return {"people": people, "seconds": round(perf_counter() - began, 2)}


async def effect(bench: _Bench, rounds: int, seed: int) -> Figures:
    """One restriction after another on an idle system, until every service acts by it."""
    took = []
    for person in await arrive(bench.connections, rounds, seed):
        began = perf_counter()
        await bench.ask(person, "restriction", ground="accuracy contested")
        await bench.until([person], "restriction", "in force")
        took.append((perf_counter() - began) * 1000)
    p95 = statistics.quantiles(took, n=20)[-1]
    return {"p50_ms": round(statistics.median(took), 1), "p95_ms": round(p95, 1)}


async def scan(bench: _Bench, rows: int, seed: int) -> dict[str, Any]:
    """One service's search over its whole database, for one case and for many; the sizes take turns."""
    people = await arrive(bench.connections, MANY_CASES, seed)
    await bench.connections["identity"].execute(LIVE, people[0].subject_id, rows)
    await analyze(bench.connections)
    sought = [SoughtCase(case_id=uuid4(), subjects=(UUID(int=0),), values=_values(p)) for p in people]
    took: dict[int, list[float]] = {ONE_CASE: [], MANY_CASES: []}
    for _ in range(ROUNDS):
        for size, seconds in took.items():
            seconds.append(await _search(bench.privacy, tuple(sought[:size])))
    one, many = (statistics.median(seconds) for seconds in took.values())
    return {
        "rows": rows,
        "seconds": {str(ONE_CASE): round(one, 2), str(MANY_CASES): round(many, 2)},
        "ratio": round(many / one, 2),
    }


def _values(person: Resident) -> tuple[str, ...]:
    """Of somebody who is in no row: what is found costs more, and is rare."""
    return tuple(f"not {value}" for value in (person.full_name, *person.values))


async def _search(client: RequestClient, cases: tuple[SoughtCase, ...]) -> float:
    began, after, more = perf_counter(), "", True
    while more:
        page = await client.request(SearchTraces(cases=cases, after=after), to="identity", timeout_s=ANSWER_S)
        after, more = page.next, bool(page.next)
    return perf_counter() - began


async def run(running: System, tell: Callable[[str], None]) -> dict[str, Any]:
    """All measurements, in one object."""
    async with _at_work(running) as bench:
        await copy(bench, FEW_ROWS, 1)  # warms plans and connections up
        tell(f"copies of {COPIED_ROWS}, {FEW_ROWS} and {MANY_ROWS} rows")
        copied, few, many = [await copy(bench, n, s) for s, n in enumerate((COPIED_ROWS, FEW_ROWS, MANY_ROWS), 2)]
        tell(f"{ONE_BY_ONE} restrictions one by one, then {RESTRICTED} from {CLIENTS} clients")
        applied = await effect(bench, ONE_BY_ONE, 10)
        restricted = await restrictions(bench, RESTRICTED, 11)
        tell(f"a search of {SCANNED_ROWS} rows")
        searched = await scan(bench, SCANNED_ROWS, 12)
    return {
        "access": {"rows": COPIED_ROWS, "seconds": copied["seconds"]},
        "access_memory_mb": {str(FEW_ROWS): few["grew_mb"], str(MANY_ROWS): many["grew_mb"]},
        "restriction": restricted,
        "block_effect": applied,
        "trace_scan": searched,
    }
