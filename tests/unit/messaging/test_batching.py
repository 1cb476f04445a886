"""What makes a batch: the first message goes at once, what trickles in goes together, enough of them wait no longer."""

import asyncio
from typing import Any
from unittest.mock import Mock

import pytest

from shared.messaging import batching
from shared.messaging.batching import ENOUGH, MAX_BATCH, Batcher

LONG_S = 3600.0
LIMIT_S = 60.0


class Sizes:
    """A handler that remembers how many came at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def handle(self, messages: list[Any]) -> list[str]:
        self.sizes.append(len(messages))
        return ["done"] * len(messages)


def joining(batcher: Batcher, count: int) -> "list[asyncio.Task[str | None]]":
    return [asyncio.create_task(batcher.join(Mock())) for _ in range(count)]


async def turns() -> None:
    """Whatever can go on without time passing has gone on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_alone_goes_at_once_and_so_do_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "PAUSE_S", LONG_S)
    seen = Sizes()
    batcher = Batcher("a queue", seen.handle)
    async with asyncio.timeout(LIMIT_S):
        assert await batcher.join(Mock()) == "done"
        waiting = joining(batcher, ENOUGH - 1)
        await turns()
        assert seen.sizes == [1], "they wait for each other"
        waiting += joining(batcher, 1)
        assert await asyncio.gather(*waiting) == ["done"] * ENOUGH
        more = joining(batcher, 2 * MAX_BATCH)
        await asyncio.gather(*more)
    assert seen.sizes == [1, ENOUGH, MAX_BATCH, MAX_BATCH]


async def test_what_trickles_in_goes_together_after_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "PAUSE_S", 0.2)
    seen = Sizes()
    batcher = Batcher("a queue", seen.handle)
    async with asyncio.timeout(LIMIT_S):
        await batcher.join(Mock())
        waiting = joining(batcher, 1)
        await turns()
        waiting += joining(batcher, 2)
        await asyncio.gather(*waiting)
    assert seen.sizes == [1, 3]
