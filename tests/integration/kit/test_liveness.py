"""Live means that a new process would mend nothing: a consumer that is gone beside a broker that answers is not."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from aio_pika.abc import AbstractChannel

from deploy.local.ports import LOOPBACK, free_ports
from shared import service
from shared.messaging import presence, topology
from shared.messaging.presence import ConsumersGone
from tests.harness import Harness, eventually
from tests.sample.cable import cable
from tests.sample.harness import alone, lethe_apart, metric
from tests.sample.script import NOTED

Look = Callable[[str], Awaitable[int]]


@contextlib.asynccontextmanager
async def looking(harness: Harness, monkeypatch: pytest.MonkeyPatch, gone_s: float) -> AsyncIterator[Look]:
    """The sample service, ready; what it answers under a path of its health address."""
    (port,) = free_ports(1)
    monkeypatch.setattr(service, "LOOKS_EVERY_S", 0.1)
    monkeypatch.setattr(service, "GONE_S", gone_s)
    own = replace(harness, settings=harness.settings | {"health_port": port, "drain_seconds": 0.2})
    async with own.serve(alone()), httpx.AsyncClient(timeout=60, trust_env=False) as client:

        async def look(path: str) -> int:
            return (await client.get(f"http://{LOOPBACK}:{port}/health/{path}")).status_code

        await eventually(lambda: answers(look, "ready", 200))
        yield look


async def answers(look: Look, path: str, status: int) -> bool:
    return await look(path) == status


@pytest.mark.parametrize("gone_s", [2.0, 600.0], ids=["for minutes", "for a moment"])
async def test_a_consumer_that_the_broker_ended(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, channel: AbstractChannel, gone_s: float
) -> None:
    async with looking(harness, monkeypatch, gone_s) as look:
        await channel.queue_delete(NOTED)
        try:
            await eventually(lambda: answers(look, "ready", 503))
            if gone_s < 60:
                await eventually(lambda: answers(look, "live", 503))
            assert await look("live") == (503 if gone_s < 60 else 200)
        finally:
            await topology.declare(harness.admin_amqp, alone().complete_router().event_handlers, ["sample"])
        await eventually(lambda: answers(look, "ready", 200))
        await eventually(lambda: answers(look, "live", 200))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the consumers were there, look by look."""
    seen: list[bool] = []

    async def look(*what: Any) -> bool:
        try:
            await presence.look(*what)
        except ConsumersGone:
            seen.append(False)
            raise
        seen.append(True)
        return False

    monkeypatch.setattr(service, "look", look)
    return seen


async def test_a_broker_that_is_away(harness: Harness, monkeypatch: pytest.MonkeyPatch, looks: list[bool]) -> None:
    async with cable(harness.amqp["sample"]) as line:
        through = replace(harness, amqp={**harness.amqp, "sample": line.url})
        async with looking(through, monkeypatch, 60.0) as look:
            line.cut()
            await eventually(lambda: answers(look, "ready", 503))
            await no_look_finds_any_gone(looks)
            await line.mend()
            await eventually(lambda: answers(look, "ready", 200))


async def test_a_consumer_that_rests_on_purpose(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, looks: list[bool]
) -> None:
    async with looking(harness, monkeypatch, 60.0):
        await lethe_apart(harness, "consumers", "pause", NOTED)
        await eventually(lambda: metric("lethe_consumer_stopped", consumer=NOTED) == 1)
        await no_look_finds_any_gone(looks)
        await lethe_apart(harness, "consumers", "resume", NOTED)
        await eventually(lambda: metric("lethe_consumer_stopped", consumer=NOTED) == 0)


async def no_look_finds_any_gone(looks: list[bool]) -> None:
    before = len(looks)
    await eventually(lambda: len(looks) > before + 3)
    assert all(looks[before:])
