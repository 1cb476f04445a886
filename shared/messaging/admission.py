"""What one consumer lets in: everything, one message that decides for its breaker, or nothing."""

import asyncio
from collections.abc import Callable
from time import monotonic

from shared.messaging.breaker import Breaker, State


class Admission:
    """The door before a consumer in one process.

    While it is shut, deliveries wait before it until the broker has been told to send no more; then they go
    back to their queue. `changed` is called when the breaker has changed its state.
    """

    def __init__(self, queue: str, changed: Callable[[], None] = lambda: None) -> None:
        self.queue, self.breaker = queue, Breaker()
        self.paused = False
        self.sends_back = False
        self.noted = State.CLOSED  # what the database knows of the breaker
        self._changed, self._news = changed, asyncio.Event()
        self._probing = False

    @property
    def wanted(self) -> bool:
        """Whether the broker shall deliver."""
        return not self.paused and self.breaker.state is not State.OPEN

    async def admit(self) -> bool:
        """Wait for a place; False when the message is to go back to its queue."""
        while not self.sends_back:
            if self.wanted and self.breaker.state is State.CLOSED:
                return True
            if self.wanted and not self._probing:
                self._probing = True
                return True
            await self._news.wait()
        return False

    def leave(self) -> None:
        """A message that was let in has no outcome: its handler was cancelled."""
        self._probing = False
        self.tell()

    def record(self, *, failed: bool) -> None:
        """Say how a message that was let in has ended."""
        before, self._probing = self.breaker.state, False
        self.breaker.record(failed=failed, at=monotonic())
        self.tell()
        if self.breaker.state is not before:
            self._changed()

    def tell(self) -> None:
        """Let those that wait look again."""
        news, self._news = self._news, asyncio.Event()
        news.set()
