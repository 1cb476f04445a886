"""`./lethe benchmark erasure`: what an erasure costs, as ratios taken in one run on the same databases."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any
from uuid import uuid4

import aio_pika
import asyncpg
import psutil

from deploy import broker, population
from deploy.benchmark import bare
from deploy.local import processes, system
from deploy.local.system import System
from deploy.population import Resident
from services.privacy.cases.population import insert_cases, release
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.message import Created
from shared.contracts.privacy import OrderedSubject
from shared.messaging.requests import RequestClient
from shared.messaging.topology import EVENTS

Tell = Callable[[str], None]
Connections = Mapping[str, asyncpg.Connection]
Figures = dict[str, float]

ROUNDS = 2
GROWTH_ROUNDS = 5
POLL_S = 0.02
PATIENCE_S = 600.0
CLIENTS = 50

PROGRESS = "SELECT count(*) FROM erasure_order WHERE open"
CASES_LEFT = (
    "SELECT count(*) FROM privacy_case WHERE state IN ('waiting', 'ordered', 'failed') AND subject_id = ANY ($1)"
)
CASE_OF = "SELECT subject_id, case_id FROM privacy_case WHERE subject_id = ANY ($1)"


async def bulk(connections: Connections, client: RequestClient, people: int, seed: int) -> Figures:
    """From cases ready to all closed, against bare SQL; both sides take turns."""
    seconds = bare_seconds = 0.0
    for turn in range(ROUNDS):
        share = people // ROUNDS
        for_bare = await _settled(connections, share, seed + 2 * turn)
        for_lethe = await _settled(connections, share, seed + 2 * turn + 1)
        await analyze(connections)
        bare_seconds += await bare.run(connections, await _ordered(connections, for_bare))
        seconds += await timed_erasure(connections, client, for_lethe)
    return {
        "people": people,
        "seconds": round(seconds, 2),
        "bare_seconds": round(bare_seconds, 2),
        "ratio": round(bare_seconds / seconds, 3),
    }


async def _settled(connections: Connections, count: int, seed: int) -> list[Resident]:
    """People with a waiting case each; the last of them opens theirs by a request (see `timed_erasure`)."""
    people = population.residents(count, seed)
    await population.settle(connections, people)
    await insert_cases(connections["privacy"], [p.subject_id for p in people[:-1]])
    return people


async def _ordered(connections: Connections, people: Sequence[Resident]) -> list[OrderedSubject]:
    rows = await connections["privacy"].fetch(CASE_OF, [p.subject_id for p in people])
    return [OrderedSubject(subject_id=r["subject_id"], case_id=r["case_id"], terminate_contract=True) for r in rows]


async def timed_erasure(connections: Connections, client: RequestClient, people: Sequence[Resident]) -> float:
    """Let the cases of these people run; answers the seconds until all are closed.

    The last person asks as people do, which wakes the dispatcher: cases released by SQL alone would be
    found at its next look, and up to a second of its rest would be measured as work.
    """
    ids = [p.subject_id for p in people]
    began = perf_counter()
    await release(connections["privacy"], ids)
    await open_case(client, people[-1])
    while perf_counter() - began < PATIENCE_S:
        await asyncio.sleep(POLL_S)
        if not await connections["privacy"].fetchval(PROGRESS):
            ended = perf_counter()
            if not await connections["privacy"].fetchval(CASES_LEFT, ids):
                return ended - began
    raise TimeoutError("the cases did not close in time")


async def analyze(connections: Connections) -> None:
    """What autovacuum would do in quieter times."""
    await asyncio.gather(*(c.execute("VACUUM ANALYZE") for c in connections.values()))


async def single(connections: Connections, client: RequestClient, amqp_url: str, rounds: int, seed: int) -> Figures:
    """One case on an idle system, from the accepted request to the event that it is closed."""
    people = population.residents(rounds, seed)
    await population.settle(connections, people)
    await analyze(connections)
    took = []
    async with fulfilled(amqp_url) as closing:
        for person in people:
            began = perf_counter()
            await open_case(client, person)
            await asyncio.wait_for(_until(closing, person), 30)
            took.append((perf_counter() - began) * 1000)
    took = took[rounds // 10 :]  # the first cases warm plans and connections up
    return {"p50_ms": round(statistics.median(took), 1), "p95_ms": round(_p95(took), 1)}


async def concurrent(connections: Connections, client: RequestClient, amqp_url: str, cases: int, seed: int) -> Figures:
    """Cases arriving one by one from many clients at once."""
    people = population.residents(cases, seed)
    await population.settle(connections, people)
    await analyze(connections)
    opened: dict[Any, float] = {}
    took: list[float] = []
    waiting = iter(people)

    async def one_client() -> None:
        for person in waiting:
            opened[person.subject_id] = perf_counter()
            await open_case(client, person)

    async def all_closed(closing: "asyncio.Queue[privacy.ErasureFulfilled]") -> None:
        while len(took) < cases:
            event = await closing.get()
            at = perf_counter()
            took.extend((at - opened[s]) * 1000 for s in event.subjects if s in opened)

    async with fulfilled(amqp_url) as closing:
        began = perf_counter()
        await asyncio.wait_for(asyncio.gather(all_closed(closing), *(one_client() for _ in range(CLIENTS))), 120)
        seconds = perf_counter() - began
    return {"cases": cases, "per_second": round(cases / seconds, 1), "p95_ms": round(_p95(took), 1)}


async def open_case(client: RequestClient, person: Resident) -> Created:
    """Ask for an erasure as a member with a fresh session does."""
    request = privacy.OpenCase(
        subject_id=person.subject_id,
        right="erasure",
        terminate_contract=True,
        authenticated_at=now(),
        token=uuid4().hex,
    )
    created: Created = await client.ask(request, timeout_s=30)
    return created


@asynccontextmanager
async def fulfilled(amqp_url: str) -> AsyncIterator["asyncio.Queue[privacy.ErasureFulfilled]"]:
    """The events that close cases, as any other service would hear them."""
    heard: asyncio.Queue[privacy.ErasureFulfilled] = asyncio.Queue()
    connection = await aio_pika.connect(amqp_url, timeout=10)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EVENTS, privacy.ErasureFulfilled.type)

        async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            heard.put_nowait(privacy.ErasureFulfilled.model_validate_json(message.body))

        await queue.consume(hear, no_ack=True)
        yield heard


async def _until(closing: "asyncio.Queue[privacy.ErasureFulfilled]", person: Resident) -> None:
    while person.subject_id not in (await closing.get()).subjects:
        pass


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def growth(
    connections: Connections, client: RequestClient, sizes: Sequence[int], sample: int, seed: int, tell: Tell
) -> Figures:
    """Microseconds per erased person with ever more people present; the median of several rounds each."""
    await _cost(connections, client, sample, seed + 400_000)  # warms plans, caches and connections up for all sizes
    found: dict[str, float] = {}
    present = 0
    for number, size in enumerate(sizes):
        tell(f"growth: {size} people present")
        crowd = size - present
        for start in range(0, crowd, 10_000):
            some = population.residents(min(10_000, crowd - start), seed + 1000 * number + start // 10_000)
            await population.settle(connections, some)
        present = size
        rounds = range(GROWTH_ROUNDS)
        costs = [await _cost(connections, client, sample, seed + 500_000 + number * GROWTH_ROUNDS + r) for r in rounds]
        found[str(size)] = round(statistics.median(costs), 1)
    return found


async def _cost(connections: Connections, client: RequestClient, sample: int, seed: int) -> float:
    """Microseconds for each of so many people who come and are erased."""
    people = await _settled(connections, sample, seed)
    await analyze(connections)
    return await timed_erasure(connections, client, people) / sample * 1e6


def resident_mb(running: System) -> Figures:
    """Resident memory of each process in MB."""
    found = {}
    for name in system.PROCESSES:
        pid = processes.running(running.folder, name)
        if pid:
            found[name] = round(psutil.Process(pid).memory_info().rss / 1e6, 1)
    return found


async def watch_memory(running: System, peak: dict[str, float], stop: asyncio.Event) -> None:
    """Keep the highest resident memory of each process until `stop`."""
    while not stop.is_set():
        for name, mb in resident_mb(running).items():
            peak[name] = max(peak.get(name, 0.0), mb)
        await asyncio.sleep(0.2)


async def run(running: System, *, people: int, sizes: Sequence[int], tell: Tell) -> dict[str, Any]:
    """All measurements, in one object."""
    amqp_url = broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST)
    client = RequestClient(amqp_url, "benchmark")
    idle, peak, stop = resident_mb(running), dict[str, float](), asyncio.Event()
    watcher = asyncio.create_task(watch_memory(running, peak, stop))
    async with population.superuser(running.servers.postgres_admin_url, system.SERVICES) as connections:
        tell("single cases on an idle system")
        found: dict[str, Any] = {"single": await single(connections, client, amqp_url, 60, 1)}
        tell(f"500 cases from {CLIENTS} clients")
        found["concurrent"] = await concurrent(connections, client, amqp_url, 500, 2)
        found["growth"] = await growth(connections, client, sizes, 2000, 10, tell)
        tell(f"bulk: {people} people, and as many as bare SQL")
        found["bulk"] = await bulk(connections, client, people, 10_000_000)
    stop.set()
    await watcher
    await client.close()
    found["memory_mb"] = {name: {"idle": idle[name], "peak": peak[name]} for name in idle}
    return found
