"""The network between a process and a server, to be cut and mended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Cable:
    """Forwards TCP connections to a server until it is cut."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._there = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def url(self) -> str:
        """The server's URL, through the cable."""
        return self._url.replace(f"{self._there.hostname}:{self._there.port}", f"127.0.0.1:{self._port}")

    async def mend(self) -> None:
        """Let connections through, at the same place as before."""
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there = await asyncio.open_connection(self._there.hostname, self._there.port)
            self._writers |= {writer, there[1]}
            if self._server is None or not self._server.is_serving():  # cut while it was being joined
                self.cut()
                return
            await asyncio.gather(pour(reader, there[1]), pour(there[0], writer))


async def pour(source: asyncio.StreamReader, drain: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            drain.write(data)
            await drain.drain()
    drain.transport.abort()


@contextlib.asynccontextmanager
async def cable(url: str) -> AsyncIterator[Cable]:
    """A mended cable to a server."""
    wire = Cable(url)
    await wire.mend()
    try:
        yield wire
    finally:
        wire.cut()
