"""A small HTTP/1.1 client over one kept connection: a large one would cost more than what is measured."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat

ANSWER_S = 60.0
OK = 200


@dataclass(frozen=True)
class Question:
    """One request, as it goes over the wire."""

    method: str
    path: str
    body: bytes = b""
    header: str = ""

    @property
    def wire(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "host: benchmark", *([self.header] if self.header else [])]
        if self.body:
            lines += ["content-type: application/json", f"content-length: {len(self.body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


async def ask(port: int, wire: bytes, times: asyncio.Event, took: list[float]) -> None:
    """Ask again and again over one connection until `times` is set; the seconds of each go into `took`."""
    await ask_each(port, repeat(wire), times, took)


async def ask_each(port: int, wires: Iterable[bytes], times: asyncio.Event, took: list[float]) -> None:
    """Ask one after another over one connection, until there is none left or `times` is set."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for wire in wires:
        if times.is_set():
            break
        began = loop.time()
        writer.write(wire)
        async with asyncio.timeout(ANSWER_S):
            status = await _answer(reader)
        if status != OK:
            raise RuntimeError(f"answered {status}")
        took.append(loop.time() - began)
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1])
