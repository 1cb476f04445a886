"""People of a benchmark, their cases, and the time until these are closed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from uuid import uuid4

import asyncpg

from deploy.population import residents
from deploy.population.cases import insert_cases, release
from deploy.population.residents import Resident
from shared.assertions import Signer
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Created
from shared.messaging.request_client import RequestClient

Connections = Mapping[str, asyncpg.Connection]
Figures = dict[str, float]

POLL_S = 0.02
PATIENCE_S = 600.0
ANSWER_S = 60.0

PROGRESS = "SELECT count(*) FROM erasure_order WHERE open"
CASES_LEFT = (
    "SELECT count(*) FROM privacy_case WHERE state IN ('waiting', 'ordered', 'failed') AND subject_id = ANY ($1)"
)


async def arrive(connections: Connections, count: int, seed: int) -> list[Resident]:
    """So many people more, with all that is known of each."""
    people = residents.residents(count, seed)
    await residents.insert_all(connections, people)
    return people


async def wait(connections: Connections, people: Sequence[Resident]) -> None:
    """A waiting case for everybody but the last, who opens theirs by a request (see `timed_erasure`)."""
    await insert_cases(connections["privacy"], [p.subject_id for p in people[:-1]])
    await analyze(connections)


Ask = Callable[[Resident], Awaitable[Created]]
"""Opens the case of a member, who has just signed in."""


async def timed_erasure(connections: Connections, ask: Ask, people: Sequence[Resident]) -> float:
    """Let the cases of these people run; answers the seconds until all are closed.

    The last person asks as people do, which wakes the dispatcher: cases released by SQL alone would be
    found at its next look, and up to a second of its rest would be measured as work.
    """
    ids = [p.subject_id for p in people]
    began = perf_counter()
    await release(connections["privacy"], ids)
    await ask(people[-1])
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


async def open_case(client: RequestClient, signer: Signer, person: Resident) -> Created:
    """Ask for an erasure as a member with a fresh session does, through the gateway's account."""
    request = privacy.OpenCase(right="erasure", terminate_contract=True, token=uuid4().hex)
    assertion = signer.sign(Actor(person.subject_id, "member", now()))
    created: Created = await client.request(request, timeout_s=ANSWER_S, assertion=assertion)
    return created
