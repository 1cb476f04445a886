"""A recipient's own system, which is told by signed webhooks and behaves as badly as its path says."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = f"whsec_{'r' * 44}"
LARGE = 2_000_000


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """What arrived, and what was done about it: once for each id, however often it is told."""

    url: str = ""
    secret: str = SECRET
    asked: list[Asked] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def by(self, path: str) -> list[Asked]:
        return [each for each in self.asked if each.path == path]


def is_genuine(asked: Asked, secret: str = SECRET) -> bool:
    """As the library verifies it, which every recipient has."""
    try:
        Webhook(secret).verify(asked.body, asked.headers, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


ANSWERS = {
    "/fine": "200 OK\r\n\r\n",
    "/page": "200 OK\r\nContent-Type: text/html\r\n\r\n<h1>Thank you</h1>",
    "/accepted": "202 Accepted\r\nContent-Length: 0\r\n\r\n",
    "/error": "500 Oops\r\n\r\nSQL error near jan.kowalski@example.com",
    "/busy": "429 Later\r\nRetry-After: 3600\r\n\r\n",
    "/holiday": "503 Later\r\nRetry-After: Fri, 31 Dec 9998 23:59:59 GMT\r\n\r\n",
    "/muddled": "503 Later\r\nRetry-After: soon\r\n\r\n",
    "/moved": "307 There\r\nLocation: /fine\r\n\r\n",
    "/refusing": "400 What\r\n\r\n",
    "/gone": "410 Gone\r\n\r\n",
    "/large": f"200 OK\r\nContent-Length: {LARGE}\r\n\r\n{'x' * LARGE}",
    "/cut": "200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "/mumbling": "",
}


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Listens on a port of its own until the block ends."""
    there = Receiver()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            asked = await _read(reader)
            there.asked.append(asked)
            first = asked.webhook_id not in there.done
            if is_genuine(asked, there.secret) and first:
                there.done[asked.webhook_id] += 1
            await _say(reader, writer, asked.path, first=first)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    there.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield there
    finally:
        server.close()  # and wait for nobody who is still slow


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in fields.items()}
    return Asked(head[0].split(" ")[1], headers, await reader.readexactly(int(headers["content-length"])))


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, *, first: bool) -> None:
    if path == "/forgetful":  # has done it, and hangs up before it says so; the second time it answers
        path = "/hanging-up" if first else "/fine"
    if path == "/slow":
        await reader.read()  # until the other side has had enough
    elif path == "/dripping":
        await _drip(reader, writer)
    elif path != "/hanging-up":
        writer.write(f"HTTP/1.1 {answer}".encode() if (answer := ANSWERS[path]) else b"220 a mail server\r\n")
        await writer.drain()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Each part is in time, and the whole is never there."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not reader.at_eof():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)
