"""Ready means that what is due leaves: neither an old row nor a quiet outbox says anything against it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from deploy.local.ports import LOOPBACK, free_ports
from shared import service
from tests.harness import Harness, eventually
from tests.sample.harness import alone

OLD = """
INSERT INTO outbox (type, body, attempts, created_at, next_try_at)
VALUES ('identity.x.v1', '{}', 6, now() - interval '3 days', $1::text::interval + now())
"""


async def fails(*_: object) -> bool:
    raise ConnectionError


async def hangs(*_: object) -> bool:
    await asyncio.Event().wait()
    return False


async def idles(*_: object) -> bool:
    """Another process has all the rows in hand."""
    return False


@contextlib.asynccontextmanager
async def watched(harness: Harness) -> AsyncIterator[Callable[[], Awaitable[dict[str, bool]]]]:
    (port,) = free_ports(1)
    settings = {"health_port": port, "drain_seconds": 0.2}
    harness.settings.update(settings)
    try:
        async with harness.serve(alone()), httpx.AsyncClient(timeout=60, trust_env=False) as client:

            async def checks() -> dict[str, bool]:
                answer = await client.get(f"http://{LOOPBACK}:{port}/health/ready")
                states: dict[str, bool] = answer.json()
                assert answer.is_success == all(states.values())
                return states

            yield checks
    finally:
        for name in settings:
            harness.settings.pop(name)
        async with harness.superuser("sample") as everything:
            await everything.execute("DELETE FROM outbox")


@pytest.mark.parametrize("due_in", [None, "1 hour"], ids=["quarantine", "put off"])
async def test_an_old_row_leaves_a_processready(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, due_in: str | None
) -> None:
    monkeypatch.setattr(service, "RELAY_STALLED_S", 0.0)
    async with watched(harness) as checks, harness.superuser("sample") as everything:
        await everything.execute(OLD, due_in)
        await eventually(lambda: ready(checks))
        assert await everything.fetchval("SELECT count(*) FROM outbox") == 1


@pytest.mark.parametrize(
    ("step", "stalled_s", "stays_ready"),
    [(fails, 0.5, False), (hangs, 0.5, False), (idles, 60.0, True), (fails, 60.0, True)],
    ids=["fails", "hangs", "others work", "fails for a moment"],
)
async def test_a_relay_that_stands_still_is_not_ready(
    harness: Harness,
    monkeypatch: pytest.MonkeyPatch,
    step: Callable[..., Awaitable[bool]],
    stalled_s: float,
    stays_ready: bool,
) -> None:
    async with watched(harness) as checks, harness.superuser("sample") as everything:
        await eventually(lambda: ready(checks))
        monkeypatch.setattr(service, "RELAY_STALLED_S", stalled_s)
        monkeypatch.setattr(service, "relay", step)
        await everything.execute("INSERT INTO outbox (type, body) VALUES ('sample.x.v1', '{}')")
        if stays_ready:
            assert await checks() == {"database": True, "caught_up": True, "consumers": True, "relay": True}
            return
        await eventually(lambda: _stalled(checks))
        await everything.execute("DELETE FROM outbox")
        await eventually(lambda: ready(checks))


async def ready(checks: Callable[[], Awaitable[dict[str, bool]]]) -> bool:
    """Whether every check holds."""
    return all((await checks()).values())


async def _stalled(checks: Callable[[], Awaitable[dict[str, bool]]]) -> bool:
    return await checks() == {"database": True, "caught_up": True, "consumers": True, "relay": False}
