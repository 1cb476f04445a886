"""`./lethe demo register`: what the notice promises, kept: a purpose, a breach, a restore, ten years."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import asyncpg
from rich.console import Console

from deploy.demo import breach, purpose, recipient, restoring, ten_years
from deploy.demo.officer import enrolled
from deploy.demo.stage import Stage
from deploy.demo.story import arrived
from deploy.local import system
from deploy.local.system import System
from deploy.population import residents

POPULATION = 100
SETTINGS = {"LETHE_COOLING_OFF_S": "0"}

Act = Callable[[Stage], Awaitable[dict[str, Any]]]
ACTS: tuple[tuple[str, Act], ...] = (
    ("A new purpose: approved, told, and only then used", purpose.play),
    ("A recipient that does not answer", recipient.play),
    ("A breach and its 72 hours", breach.play),
    ("Everything is restored from before an erasure", restoring.play),
    ("Ten years go by", ten_years.play),
)


async def play(running: System, console: Console, seed: int) -> dict[str, Any]:
    """Play everything; answers the figures. Raises DemoFailed when a promise was not kept."""
    began, figures = perf_counter(), dict[str, Any]()
    async with residents.superuser(running.servers.postgres_admin_url, system.SERVICES) as connections:
        await _populate(connections, seed)
        person = await arrived(running, console, seed)
        stage = Stage(running, console, person, await enrolled(running), connections, SETTINGS)
        for number, (title, act) in enumerate(ACTS, start=1):
            console.print(f"[bold]{number}.[/] {title}")
            figures |= await act(stage)
    return figures | {"seconds": round(perf_counter() - began, 1)}


async def _populate(connections: dict[str, asyncpg.Connection], seed: int) -> None:
    people = residents.residents(POPULATION, seed)
    known = "SELECT count(*) FROM subject WHERE subject_id = ANY ($1)"
    if not await connections["identity"].fetchval(known, [p.subject_id for p in people]):
        await residents.insert_all(connections, people)
