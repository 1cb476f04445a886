"""What a request costs through gateway, broker and service, as ratios to a plain program's on the same databases."""

import asyncio
import json
import os
import secrets
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from deploy import broker
from deploy.benchmark import echo
from deploy.benchmark.http_client import Question, ask
from deploy.local import system
from deploy.local.folders import PROJECT
from deploy.local.system import System
from deploy.population import residents
from deploy.population.licensing import key_of_buyer
from deploy.population.residents import Resident
from shared.secrets import digest

CLIENTS = (1, 50)
ROUNDS = 4
MOST_CLIENTS = max(CLIENTS)
START_S = 60.0
SETTINGS = {f"LETHE_RATE_{kind}": "off" for kind in ("ADDRESS", "OPEN", "CREDENTIALS", "MAIL", "LICENSE", "MEMBER")}
SESSION = """
INSERT INTO session (session_id, subject_id, token_hash, expires_at, device)
VALUES (gen_random_uuid(), $1, $2, now() + interval '1 day', 'benchmark')
"""
Tell = Callable[[str], None]
Side = Callable[[bytes, asyncio.Event, list[float]], Awaitable[None]]
"""One client: asks the same again and again until told to stop, and notes the seconds of each."""


async def run(running: System, *, seconds: float, tell: Tell) -> dict[str, Any]:
    """All measurements, in one object: per request and number of clients the rates, the medians and their ratios."""
    async with residents.superuser(running.servers.postgres_admin_url, system.SERVICES) as connections:
        people = residents.residents(2 * MOST_CLIENTS, secrets.randbelow(1000))
        await residents.insert_all(connections, people)
        tokens = {person.subject_id: secrets.token_urlsafe(32) for person in people}
        rows = [(person, digest(token)) for person, token in tokens.items()]
        await connections["identity"].executemany(SESSION, rows)
    questions = questions_of([p for p in people if not p.unpaid_order][:MOST_CLIENTS], tokens)
    amqp = broker.in_virtual_host(running.servers.amqp_url, system.VIRTUAL_HOST)
    databases = {f"PLAIN_{name.upper()}_URL": running.databases[name].app for name in ("licensing", "identity")}
    async with (
        program("deploy.benchmark.plain_server", databases) as plain_port,
        program("deploy.benchmark.echo", {echo.URL: amqp}) as queue,
        echo.asking(amqp, queue) as bare,
    ):
        sides = (partial(ask, int(plain_port)), partial(ask, running.ports[system.GATEWAY]), bare.ask)
        return {name: await compared(sides, each, seconds, name, tell) for name, each in questions.items()}


def questions_of(people: Sequence[Resident], tokens: dict[Any, str]) -> dict[str, list[bytes]]:
    """What each client asks, for each kind of request."""
    devices = [{"key": key_of_buyer(p.subject_id), "fingerprint": "benchmark"} for p in people]
    bodies = [json.dumps(device).encode() for device in devices]
    headers = [f"authorization: Bearer {tokens[p.subject_id]}" for p in people]
    return {
        "activate": [Question("POST", "/licenses/activate", body).wire for body in bodies],
        "validate": [Question("POST", "/licenses/validate", body).wire for body in bodies],
        "member's read": [Question("GET", "/me", header=header).wire for header in headers],
    }


async def compared(
    sides: Sequence[Side], questions: Sequence[bytes], seconds: float, name: str, tell: Tell
) -> dict[str, dict[str, float]]:
    found = {}
    for clients in CLIENTS:
        tell(f"{name}, {clients} at a time")
        took: list[list[float]] = [[] for _ in sides]
        for _ in range(ROUNDS):  # they take turns: what else the machine does meets all
            for side, into in zip(sides, took, strict=True):
                into.extend(await asked(side, questions[:clients], seconds / ROUNDS))
        found[str(clients)] = figures(took, seconds)
    return found


async def asked(side: Side, questions: Sequence[bytes], seconds: float) -> list[float]:
    """The seconds of every request that so many clients get answered in this time; the first ones warm up."""
    stop, took = asyncio.Event(), list[float]()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    await asyncio.gather(*(side(wire, stop, took) for wire in questions))
    return took


def figures(took: Sequence[Sequence[float]], seconds: float) -> dict[str, float]:
    """Rates of the plain program, of Lethe and of bare questions over the broker, and what they come to.

    `limit` is the highest ratio that there can be: that of a program which does what the plain one does, after one
    question over the broker that costs nothing but itself.
    """
    plain_rate, rate, bare_rate = (len(times) / seconds for times in took)
    medians = [statistics.median(times) * 1000 for times in took]
    return {
        "plain_per_second": round(plain_rate, 1),
        "per_second": round(rate, 1),
        "ratio": round(rate / plain_rate, 3),
        "bare_question_per_second": round(bare_rate, 1),
        "limit": round(bare_rate / (bare_rate + plain_rate), 3),
        "plain_p50_ms": round(medians[0], 2),
        "p50_ms": round(medians[1], 2),
        "p50_ratio": round(medians[1] / medians[0], 2),
    }


@asynccontextmanager
async def program(module: str, variables: Mapping[str, str]) -> AsyncIterator[str]:
    """A program of the benchmark at work; the line that it prints once it listens."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(PROJECT), **variables}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module), env=environment, cwd=PROJECT, stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the program has no output")
        yield (await asyncio.wait_for(process.stdout.readline(), START_S)).decode().strip()
    finally:
        process.terminate()
        await process.wait()
