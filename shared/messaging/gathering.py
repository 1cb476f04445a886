"""Hot events: what arrives while one batch is at work is the next batch, like a group commit.

Nobody waits for a batch to fill: on an idle system a message goes at once.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aio_pika.abc import AbstractIncomingMessage

from shared.observability import log, what_failed

MOST = 50

Together = Callable[[list[AbstractIncomingMessage]], Awaitable[list[str]]]
"""Handles a batch whole and answers one outcome for each message, or raises and has done nothing."""


class Apart(Exception):  # noqa: N818 it is a finding
    """A batch holds a message that has to go alone."""


class Gathering:
    """The messages of one reaction in one process; one batch of them is at work at a time."""

    def __init__(self, queue: str, together: Together) -> None:
        self._queue, self._together = queue, together
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
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            outcomes = await self._try([message for message, _ in batch])
            for (_, place), outcome in zip(batch, outcomes, strict=True):
                if not place.done():
                    place.set_result(outcome)

    async def _try(self, messages: list[AbstractIncomingMessage]) -> list[str] | list[None]:
        try:
            return await self._together(messages)
        except Exception as error:  # noqa: BLE001 whose fault it is shows when each goes alone
            log.info("batch taken apart", queue=self._queue, **what_failed(error))
            return [None] * len(messages)
