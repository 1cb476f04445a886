"""`./lethe benchmark licensing`: what programs ask with keys, among many licenses and with many at one license."""

import asyncio
import json
import random
import statistics
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from time import perf_counter
from typing import Any

import asyncpg

from deploy.benchmark.http_client import Question, ask_each
from deploy.benchmark.request_path import ROUNDS, Tell, program
from deploy.local import system
from deploy.local.system import System
from deploy.population import licensing, residents
from deploy.population.licensing import DEVICES, key_of_buyer
from services.licensing.licenses.keys import key_hash

CLIENTS, CROWD, SAMPLE, CONTENDED = 50, 20_000, 1_000, 40
SEED = 700
OVER_LIMIT = """
SELECT count(*) FROM (
  SELECT FROM license l JOIN activation a USING (license_id)
  WHERE a.freed_at IS NULL GROUP BY l.license_id HAVING count(*) > l.device_limit) AS beyond
"""
NOT_FULL = """
SELECT count(*) FROM license l WHERE key_hash = ANY ($1)
  AND (SELECT count(*) FROM activation a WHERE a.license_id = l.license_id AND a.freed_at IS NULL) < l.device_limit
"""


async def run(running: System, count: int, seconds: float, tell: Tell) -> dict[str, Any]:
    """Validations beside the plain program's, and activations by 50 devices where one seat is free."""
    databases = {f"PLAIN_{name.upper()}_URL": running.databases[name].app for name in ("licensing", "identity")}
    lethe = running.ports[system.GATEWAY]
    async with residents.superuser(running.servers.postgres_admin_url, ("licensing",)) as connections:
        keys = await sold(connections["licensing"], count, tell)
        async with program("deploy.benchmark.plain_server", databases) as plain:
            tell(f"{CLIENTS} programs validate")
            validated = await validate(int(plain), lethe, keys, seconds)
        tell(f"{CLIENTS} devices want one seat")
        activated = await contend(connections["licensing"], lethe, keys[:CONTENDED])
    return {"validate": validated, "activate_contended": activated, "licenses": count}


async def sold(connection: asyncpg.Connection, count: int, tell: Tell) -> list[str]:
    """So many licenses that run, each with two devices on three seats: their keys."""
    keys: list[str] = []
    for crowd, first in enumerate(range(0, count, CROWD)):
        tell(f"licenses {first} to {min(first + CROWD, count)}")
        people = residents.residents(min(CROWD, count - first), SEED + crowd)
        buyers = [residents.buyer(replace(person, keeps_license=True, unpaid_order=False)) for person in people]
        await licensing.insert_purchases(connection, buyers)
        keys += [key_of_buyer(buyer.subject_id) for buyer in buyers]
    await connection.execute("ANALYZE")
    return keys


async def validate(plain: int, lethe: int, keys: Sequence[str], seconds: float) -> dict[str, float]:
    """Both answer the same questions, in turns: what else the machine does meets both."""
    chance = random.Random(SEED)  # noqa: S311 a sample, no secret
    asked = [[question("validate", key, DEVICES[0]) for key in chance.choices(keys, k=SAMPLE)] for _ in range(CLIENTS)]
    took: dict[int, list[float]] = {plain: [], lethe: []}
    for _ in range(ROUNDS):
        for port, into in took.items():
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(seconds / ROUNDS, stop.set)
            await asyncio.gather(*(ask_each(port, cycle(wires), stop, into) for wires in asked))
    return figures(took[plain], took[lethe], seconds)


def figures(direct: Sequence[float], through: Sequence[float], seconds: float) -> dict[str, float]:
    """Rates, their ratio, and the time of an answer that one in twenty exceeds."""
    return {
        "direct_per_second": round(len(direct) / seconds, 1),
        "per_second": round(len(through) / seconds, 1),
        "ratio": round(len(through) / len(direct), 3),
        "p95_ms": round(statistics.quantiles(through, n=20)[-1] * 1000, 2),
    }


async def contend(connection: asyncpg.Connection, port: int, keys: Sequence[str]) -> dict[str, float]:
    """Every device wants a seat of every license, all of them at the same time. Raises RuntimeError for a seat left."""
    began, stop, took = perf_counter(), asyncio.Event(), list[float]()
    devices = [[question("activate", key, f"device {number}") for key in keys] for number in range(CLIENTS)]
    await asyncio.gather(*(ask_each(port, wires, stop, took) for wires in devices))
    rate = round(len(took) / (perf_counter() - began), 1)
    if await connection.fetchval(NOT_FULL, [key_hash(key) for key in keys]):
        raise RuntimeError("a seat stayed free that devices asked for")
    return {"clients": CLIENTS, "per_second": rate, "over_limit": await connection.fetchval(OVER_LIMIT)}


def question(what: str, key: str, fingerprint: str) -> bytes:
    return Question("POST", f"/licenses/{what}", json.dumps({"key": key, "fingerprint": fingerprint}).encode()).wire
