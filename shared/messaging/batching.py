"""Hot events: what arrives while a batch is at work, or shortly after it began, is the next batch, like a group commit.

On an idle system a message goes at once, and half a batch waits for nothing. A batch is a transaction, often a report,
too, and costs nearly as much for two messages as for ten: where they trickle in, they go together.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from math import inf
from time import monotonic

from aio_pika.abc import AbstractIncomingMessage

from shared.observability import log, what_failed

MAX_BATCH = 50
ENOUGH = MAX_BATCH // 2
"""With so many it goes at once: each costs little more than in a full one."""
PAUSE_S = 0.05
"""From the beginning of one batch to that of the next, unless that has enough."""

BatchHandler = Callable[[list[AbstractIncomingMessage]], Awaitable[list[str]]]
"""Handles a batch whole and answers one outcome for each message, or raises and has done nothing."""


class NotBatchable(Exception):
    """A batch holds a message that has to go alone."""


class Batcher:
    """The messages of one event handler in one process; one batch of them is at work at a time."""

    def __init__(self, queue: str, handle: BatchHandler) -> None:
        self._queue, self._handle = queue, handle
        self._waiting: list[tuple[AbstractIncomingMessage, asyncio.Future[str | None]]] = []
        self._work: asyncio.Task[None] | None = None
        self._enough, self._began = asyncio.Event(), -inf

    async def join(self, message: AbstractIncomingMessage) -> str | None:
        """Go with the next batch; the outcome, or None when the batch failed and each has to go alone."""
        place: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, place))
        if len(self._waiting) >= ENOUGH:
            self._enough.set()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._until_nobody_waits())
        return await place

    async def _until_nobody_waits(self) -> None:
        while self._waiting:
            await self._pause()
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            outcomes = await self._try([message for message, _ in batch])
            for (_, place), outcome in zip(batch, outcomes, strict=True):
                if not place.done():
                    place.set_result(outcome)

    async def _pause(self) -> None:
        """Until the next batch has enough, or may begin."""
        rest = self._began + PAUSE_S - monotonic()
        if rest > 0 and len(self._waiting) < ENOUGH:
            self._enough.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._enough.wait()
        self._began = monotonic()

    async def _try(self, messages: list[AbstractIncomingMessage]) -> list[str] | list[None]:
        try:
            return await self._handle(messages)
        except Exception as error:  # noqa: BLE001 whose fault it is shows when each goes alone
            log.info("batch taken apart", queue=self._queue, **what_failed(error))
            return [None] * len(messages)
