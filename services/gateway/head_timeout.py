"""Limits on a request's head, its time and its length: uvicorn has none with httptools."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.gateway.transport import GatheringTransport

LONGEST_HEAD = 64 * 1024
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class HeadTimeoutProtocol(HttpToolsProtocol):
    """HTTP/1.1 that closes a connection on which a head is awaited too long, however many of its bytes came.

    An answered connection on which nothing is sent is no awaited head: uvicorn's keep-alive limit ends it.
    """

    head_timeout_s: ClassVar[float] = 10.0
    _deadline: asyncio.TimerHandle | None = None
    _awaited_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(GatheringTransport(transport, self.loop))  # type: ignore[arg-type]
        self._start()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._start()
            self._count(len(data))
        else:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _count(self, arrived: int) -> None:
        self._awaited_bytes += arrived
        if self._awaited_bytes > LONGEST_HEAD and not self.transport.is_closing():
            self.transport.write(TOO_LONG)
            self.transport.close()

    def _start(self) -> None:
        """Start the clock, unless it runs already for this head."""
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_timeout_s, self.transport.close)

    def _stop(self) -> None:
        self._awaited_bytes = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def protocol(head_timeout_s: float) -> type[HeadTimeoutProtocol]:
    """The protocol with its limit, as uvicorn takes it: a class."""
    return type("HeadTimeoutProtocol", (HeadTimeoutProtocol,), {"head_timeout_s": head_timeout_s})
