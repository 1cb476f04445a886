"""A whole system of real processes on servers of its own, so that anything in it may be killed."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy import population
from deploy.local import system
from deploy.local.folders import STATE

FOLDER = Path(os.environ.get("LETHE_TEST_STATE", STATE / "test")) / "faults"
SETTINGS = {"LETHE_COOLING_OFF_S": "0", "LETHE_REMIND_AFTER_S": "1", "LETHE_DRAIN_SECONDS": "3"}


@pytest.fixture(scope="module")
def city() -> Iterator[system.System]:
    """Every service as a process; ended and thrown away after the module."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    running = system.up(FOLDER, settings=SETTINGS)
    yield running
    system.down(FOLDER)
    shutil.rmtree(FOLDER, ignore_errors=True)


@contextlib.asynccontextmanager
async def inside(city: system.System) -> AsyncIterator[dict[str, asyncpg.Connection]]:
    """Connections that see everything in every database."""
    async with population.superuser(city.servers.postgres_admin_url, system.SERVICES) as connections:
        yield connections


async def restart(city: system.System, name: str) -> None:
    """Start a killed process again and wait until it is ready."""
    await asyncio.to_thread(system.start, city, name, SETTINGS)
    await asyncio.to_thread(system.wait, city, name)
