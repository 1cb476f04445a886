"""A whole system of real processes on servers of its own, so that anything in it may be killed."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from uuid import UUID

import asyncpg
import pytest

from deploy.local import postgres, processes, rabbitmq, servers, start, system
from deploy.local.folders import state_of_tests
from deploy.population import residents
from deploy.population.cases import insert_cases, release
from tests import forked
from tests.harness import SHORT_WAITS_MS, eventually

# Beside the folder of the other tests, which goes with their servers and may do so first.
FOLDER = state_of_tests().with_name(f"{state_of_tests().name}-faults")
# A killed service is up again within seconds: what asks it meanwhile must not have used up its attempts, as with the
# waits of an hour that it has otherwise it would not.
WAITS_MS = SHORT_WAITS_MS | {"lethe.retry.1h": 2_000}
# Nobody is reminded, unless a module wants it: what a kill loses must not be healed by asking again.
SETTINGS = {
    "LETHE_COOLING_OFF_S": "0",
    "LETHE_REMIND_AFTER_S": "3600",
    "LETHE_PRIVACY_GATHER_PATIENCE_S": "1",
    "LETHE_DRAIN_SECONDS": "60",
    # Who is killed or hangs on purpose is waited for as long as this.
    "LETHE_PATIENCE_S": "10",
}
PATIENCE_S = 120.0
forked.load_also(*(f"services.{name}.app" for name in system.PROCESSES))

NOT_CLOSED = "SELECT count(*) FROM privacy_case WHERE subject_id = ANY ($1) AND state <> 'closed'"


def up() -> system.System:
    """Start whatever does not run."""
    return start.up(FOLDER, durable=False, settings=SETTINGS, waits_ms=WAITS_MS)


@pytest.fixture(autouse=True)
async def whole_again(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """What a failed test leaves dead fails none of the others."""
    yield
    if "whole_system" not in request.fixturenames:
        return
    parts = system.running_parts(FOLDER)
    if any(parts[name] is None for name in (postgres.NAME, rabbitmq.NAME, *system.PROCESSES)):
        await asyncio.to_thread(up)


@pytest.fixture(scope="session")
def whole_system() -> Iterator[system.System]:
    """Every service as a process, on servers of its own; ended and thrown away after the last test."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    yield up()
    for name in system.PROCESSES:
        processes.kill(FOLDER, name)
    servers.kill_servers(FOLDER)
    shutil.rmtree(FOLDER, ignore_errors=True)


@contextlib.asynccontextmanager
async def inside(
    whole_system: system.System, names: Sequence[str] = system.SERVICES
) -> AsyncIterator[dict[str, asyncpg.Connection]]:
    """Connections that see everything in the databases."""
    async with residents.superuser(whole_system.servers.postgres_admin_url, names) as connections:
        yield connections


async def restart(whole_system: system.System, name: str, settings: dict[str, str] | None = None) -> None:
    """Start a killed process again and wait until it is ready."""
    await asyncio.to_thread(system.start, whole_system, name, SETTINGS | (settings or {}))
    await asyncio.to_thread(system.wait, whole_system, name)


async def residents_with_cases(whole_system: system.System, count: int, seed: int) -> list[UUID]:
    """People who live here, each with a case that is not due yet."""
    people = residents.residents(count, seed)
    ids = [person.subject_id for person in people]
    async with inside(whole_system) as databases:
        await residents.insert_all(databases, people)
        await insert_cases(databases["privacy"], ids)
    return ids


async def let_run(whole_system: system.System, people: Sequence[UUID]) -> None:
    """Let their cases run now."""
    async with inside(whole_system, ["privacy"]) as databases:
        await release(databases["privacy"], people)


async def all_closed(whole_system: system.System, people: Sequence[UUID]) -> None:
    """Wait until every case is closed."""

    async def closed() -> bool:
        try:
            async with inside(whole_system, ["privacy"]) as databases:
                return bool(await databases["privacy"].fetchval(NOT_CLOSED, people) == 0)
        except (OSError, asyncpg.PostgresError):
            return False  # the database is the one that was killed

    await eventually(closed, PATIENCE_S)
