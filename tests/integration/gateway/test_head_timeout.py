"""A connection on which a request's head is awaited too long is closed; others are left alone."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from services.gateway.head_timeout import LONGEST_HEAD
from tests.gateway import gateway_client
from tests.harness import PATIENCE_S, Harness

LIMIT_S = 0.3
REQUEST = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"

Address = tuple[str, int]


@pytest.fixture(scope="module")
async def address(harness: Harness) -> AsyncIterator[Address]:
    """Where a gateway listens that awaits no head for longer than LIMIT_S."""
    async with gateway_client(harness, head_timeout_s=LIMIT_S) as client:
        parts = urlsplit(str(client.base_url))
        assert parts.hostname
        assert parts.port
        yield parts.hostname, parts.port


async def closed(reader: asyncio.StreamReader) -> bytes:
    """What the gateway sends until it closes the connection."""
    return await asyncio.wait_for(reader.read(), PATIENCE_S)


async def limit_passed(address: Address) -> None:
    """The limit has passed since now: a connection opened now was closed."""
    reader, writer = await asyncio.open_connection(*address)
    assert await closed(reader) == b""
    writer.close()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes = REQUEST) -> bytes:
    """Send a request and read its response."""
    writer.write(request)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
    return head


async def test_a_client_that_says_nothing_is_disconnected(address: Address) -> None:
    reader, writer = await asyncio.open_connection(*address)
    assert await closed(reader) == b""
    writer.close()


async def trickled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a head byte by byte, more slowly than the limit in all, until the gateway closes the connection."""
    async with asyncio.timeout(PATIENCE_S):
        for byte in b"GET /" + b"a" * 10_000:
            writer.write(bytes([byte]))
            try:
                assert await asyncio.wait_for(reader.read(), LIMIT_S / 10) == b""
            except TimeoutError:
                continue
            except ConnectionResetError:  # a byte was on its way when the connection was closed
                pass
            return


async def test_a_client_that_sends_its_head_byte_by_byte_is_disconnected(address: Address) -> None:
    reader, writer = await asyncio.open_connection(*address)
    await trickled(reader, writer)
    writer.close()


async def test_a_connection_that_stays_idle_after_an_answer_is_kept(address: Address) -> None:
    reader, writer = await asyncio.open_connection(*address)
    assert b" 200 " in await exchange(reader, writer)
    await limit_passed(address)
    assert b" 200 " in await exchange(reader, writer)
    writer.close()


async def test_the_next_head_on_a_kept_connection_has_the_same_limit(address: Address) -> None:
    reader, writer = await asyncio.open_connection(*address)
    assert b" 200 " in await exchange(reader, writer)
    await trickled(reader, writer)
    writer.close()


async def test_a_slow_body_is_not_a_slow_head(address: Address) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
    await limit_passed(address)
    assert b" 404 " in await exchange(reader, writer, b"}")
    writer.close()


async def test_a_head_without_end_is_refused(address: Address) -> None:
    """Its bytes don't pile up until the time is over."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"GET /health/live HTTP/1.1\r\n" + b"x-filler: " + b"a" * (LONGEST_HEAD + 1))
    assert b" 431 " in await closed(reader)
    writer.close()


async def test_a_long_head_within_its_limit_is_answered(address: Address) -> None:
    reader, writer = await asyncio.open_connection(*address)
    long = b"GET /health/live HTTP/1.1\r\nHost: x\r\nx-filler: " + b"a" * (LONGEST_HEAD // 2) + b"\r\n\r\n"
    for _ in range(3):
        assert b" 200 " in await exchange(reader, writer, long)
    writer.close()
