"""`./lethe benchmark outbox`: how fast a backlog leaves, beside a nearly empty outbox, taken in one run."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from deploy import broker, databases
from deploy.local.folders import Tell, say_nothing
from deploy.local.keys import password_secret
from deploy.local.servers import Servers
from deploy.local.system import VIRTUAL_HOST
from shared.database import Database
from shared.messaging.outbox import BATCH, enqueue, relay
from shared.messaging.publisher import Publisher

SERVICE = "identity"
FEW = 10_000
ROUNDS = 3
INSERT = """
INSERT INTO outbox (type, subject, body)
SELECT 'identity.benchmark-made.v1', gen_random_uuid(), json_build_object('benchmark_id', gen_random_uuid())
FROM generate_series(1, $1)
"""
TOLD_EVERY = 100_000


async def run(servers: Servers, folder: Path, backlog: int, tell: Tell) -> dict[str, Any]:
    """Events a second from a few rows and from a backlog, by one relay; the ratio of the two."""
    secret = password_secret(folder)
    urls = await databases.create(servers.postgres_admin_url, SERVICE, secret=secret)
    amqp = await broker.prepare(servers.amqp_url, servers.management_url, VIRTUAL_HOST, [SERVICE], [], secret=secret)
    database, publisher = Database(urls.app, SERVICE, enqueue, 2), Publisher(amqp[SERVICE], "benchmark")
    await database.open()
    try:
        return await _measure(database, publisher, backlog, tell)
    finally:
        await publisher.close()
        await database.close()


async def _measure(database: Database, publisher: Publisher, backlog: int, tell: Tell) -> dict[str, Any]:
    few = await _a_few(database, publisher)
    await database.pool.execute(INSERT, backlog, timeout=None)
    seconds = await _drained(database, publisher, tell)
    few += await _a_few(database, publisher)  # a machine is busier at one time than at another
    return _figures(few, backlog, seconds)


async def _a_few(database: Database, publisher: Publisher) -> list[float]:
    """Events a second from a nearly empty outbox, round by round."""
    rates = []
    for _ in range(ROUNDS):
        await database.pool.execute(INSERT, FEW)
        rates.append(FEW / await _drained(database, publisher, say_nothing))
    return rates


def _figures(few: Sequence[float], backlog: int, seconds: float) -> dict[str, Any]:
    usual = statistics.median(few)
    return {
        "backlog": backlog,
        "seconds": round(seconds, 1),
        "per_second": round(backlog / seconds),
        "per_second_when_empty": round(usual),
        "ratio": round(backlog / seconds / usual, 3),
    }


async def _drained(database: Database, publisher: Publisher, tell: Tell) -> float:
    """Relay until nothing is left; answers seconds."""
    began, rounds = perf_counter(), 0
    while await relay(database, publisher):
        rounds += 1
        if rounds * BATCH % TOLD_EVERY == 0:
            tell(f"{rounds * BATCH} events left in {perf_counter() - began:.0f} s")
    return perf_counter() - began
