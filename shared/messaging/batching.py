"""Hot events: what arrives while one batch is at work is the next batch, like a group commit.

Nobody waits for a batch to fill: on an idle system a message goes at once.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aio_pika.abc import AbstractIncomingMessage

from shared.observability import log, what_failed

MAX_BATCH = 50

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

    async def join(self, message: AbstractIncomingMessage) -> str | None:
        """Go with the next batch; the outcome, or None when the batch failed and each has to go alone."""
        place: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, place))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._until_nobody_waits())
        return await place

    async def _until_nobody_waits(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            outcomes = await self._try([message for message, _ in batch])
            for (_, place), outcome in zip(batch, outcomes, strict=True):
                if not place.done():
                    place.set_result(outcome)

    async def _try(self, messages: list[AbstractIncomingMessage]) -> list[str] | list[None]:
        try:
            return await self._handle(messages)
        except Exception as error:  # noqa: BLE001 whose fault it is shows when each goes alone
            log.info("batch taken apart", queue=self._queue, **what_failed(error))
            return [None] * len(messages)
