"""`./lethe benchmark erasure`: what an erasure costs, as ratios taken in one run on the same databases."""

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from time import perf_counter
from typing import Any

import aio_pika
import psutil

from deploy import broker
from deploy.benchmark import bare
from deploy.benchmark.cases import ANSWER_S, Ask, Connections, Figures, analyze, arrive, open_case, timed_erasure, wait
from deploy.benchmark.growth import growth
from deploy.local import processes, system
from deploy.local.keys import signer
from deploy.local.system import System
from deploy.population import residents
from deploy.population.cases import insert_cases
from deploy.population.residents import Resident
from shared.contracts import privacy
from shared.contracts.privacy import OrderedSubject
from shared.messaging.request_client import RequestClient
from shared.messaging.topology import EVENTS

ROUNDS = 2
CLIENTS = 50
SINGLE, CONCURRENT = 60, 500
"""Cases one by one, and at once; fewer where fewer people are asked for."""
CASE_OF = "SELECT subject_id, case_id FROM privacy_case WHERE subject_id = ANY ($1)"


async def bulk(connections: Connections, ask: Ask, people: int, seed: int) -> Figures:
    """From cases ready to all closed, against bare SQL; both sides take turns."""
    seconds = bare_seconds = 0.0
    for turn in range(ROUNDS):
        share = people // ROUNDS
        for_bare = await arrive(connections, share, seed + 2 * turn)
        for_lethe = await arrive(connections, share, seed + 2 * turn + 1)
        await wait(connections, for_bare)
        await wait(connections, for_lethe)
        bare_seconds += await bare.run(connections, await _ordered(connections, for_bare))
        seconds += await timed_erasure(connections, ask, for_lethe)
    return {
        "people": people,
        "seconds": round(seconds, 2),
        "bare_seconds": round(bare_seconds, 2),
        "ratio": round(bare_seconds / seconds, 3),
    }


async def _ordered(connections: Connections, people: Sequence[Resident]) -> list[OrderedSubject]:
    rows = await connections["privacy"].fetch(CASE_OF, [p.subject_id for p in people])
    return [OrderedSubject(subject_id=r["subject_id"], case_id=r["case_id"], terminate_contract=True) for r in rows]


async def single(connections: Connections, ask: Ask, amqp_url: str, rounds: int, seed: int) -> Figures:
    """One case on an idle system, from the accepted request to the event that it is closed.

    Each takes turns with another person's, erased by bare SQL, one participant after another.
    """
    people, for_bare = await arrive(connections, rounds, seed), await arrive(connections, rounds, seed + 1_000)
    await insert_cases(connections["privacy"], [p.subject_id for p in for_bare])
    await analyze(connections)
    took, bare_took = list[float](), list[float]()
    async with fulfilled(amqp_url) as closing:
        for person, other in zip(people, await _ordered(connections, for_bare), strict=True):
            bare_took.append(await bare.one_after_another(connections, other) * 1000)
            began = perf_counter()
            await ask(person)
            await asyncio.wait_for(_until(closing, person), ANSWER_S)
            took.append((perf_counter() - began) * 1000)
    warm = rounds // 10  # the first cases warm plans and connections up
    return single_figures(took[warm:], bare_took[warm:])


def single_figures(took: Sequence[float], bare_took: Sequence[float]) -> Figures:
    p50, bare_p50 = statistics.median(took), statistics.median(bare_took)
    return {
        "p50_ms": round(p50, 1),
        "p95_ms": round(_p95(took), 1),
        "bare_p50_ms": round(bare_p50, 1),
        "ratio": round(p50 / bare_p50, 2),
    }


async def concurrent(connections: Connections, ask: Ask, amqp_url: str, cases: int, seed: int) -> Figures:
    """Cases arriving one by one from many clients at once."""
    people = await arrive(connections, cases, seed)
    await analyze(connections)
    opened: dict[Any, float] = {}
    took: list[float] = []
    waiting = iter(people)

    async def one_client() -> None:
        for person in waiting:
            opened[person.subject_id] = perf_counter()
            await ask(person)

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


def resident_mb(running: System) -> Figures:
    """Resident memory of each process in MB."""
    measured = {}
    for name in system.PROCESSES:
        pid = processes.running(running.folder, name)
        if pid:
            measured[name] = round(psutil.Process(pid).memory_info().rss / 1e6, 1)
    return measured


async def watch_memory(running: System, peak: dict[str, float], stop: asyncio.Event) -> None:
    """Keep the highest resident memory of each process until `stop`."""
    while not stop.is_set():
        for name, mb in resident_mb(running).items():
            peak[name] = max(peak.get(name, 0.0), mb)
        await asyncio.sleep(0.2)


async def run(
    running: System, *, people: int, sizes: Sequence[int], spread: bool, tell: Callable[[str], None]
) -> dict[str, Any]:
    """All measurements, in one object."""
    amqp_url = broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST)
    client = RequestClient(running.amqp[system.GATEWAY], "benchmark")
    ask = partial(open_case, client, signer(running.folder))
    idle, peak, stop = resident_mb(running), dict[str, float](), asyncio.Event()
    watcher = asyncio.create_task(watch_memory(running, peak, stop))
    async with residents.superuser(running.servers.postgres_admin_url, system.SERVICES) as connections:
        tell("single cases on an idle system")
        measured: dict[str, Any] = {"single": await single(connections, ask, amqp_url, min(SINGLE, people // 10), 1)}
        cases = min(CONCURRENT, people)
        tell(f"{cases} cases from {CLIENTS} clients")
        measured["concurrent"] = await concurrent(connections, ask, amqp_url, cases, 2)
        measured["growth"] = await growth(connections, ask, sizes, spread=spread, tell=tell)
        tell(f"bulk: {people} people, and as many as bare SQL")
        measured["bulk"] = await bulk(connections, ask, people, 10_000_000)
    stop.set()
    await watcher
    await client.close()
    measured["memory_mb"] = {name: {"idle": idle[name], "peak": peak[name]} for name in idle}
    return measured
