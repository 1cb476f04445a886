"""HEAD answers as GET does, without the body, on every route that has GET (RFC 9110, 9.3.2)."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from services.privacy.app import SERVICE as PRIVACY
from tests.gateway import gateway_client, problem
from tests.harness import PATIENCE_S, Harness
from tests.integration.gateway.test_refusals import ALL, NOBODY, filled

READ = [path for method, path, _, _ in ALL if method == "GET"]
OPERATORS = ["/health/live", "/health/ready", "/openapi.json"]


@pytest.fixture(scope="module")
async def client(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway with privacy behind it: some routes answer, others refuse."""
    async with harness.serve(PRIVACY), gateway_client(harness) as made:
        yield made


def headers_of(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "date"}


@pytest.mark.parametrize("path", [*READ, *OPERATORS])
async def test_head_is_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    address = filled(path)
    got, asked = await client.get(address), await client.head(address)
    assert (asked.status_code, headers_of(asked)) == (got.status_code, headers_of(got))
    assert int(asked.headers["content-length"]) == len(got.content) > 0
    assert asked.content == b""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/consent-texts?lang=en", "application/json"),
        (f"/newsletter/confirmations?token={NOBODY}", "text/html; charset=utf-8"),
        ("/health/live", "text/plain; charset=utf-8"),
    ],
)
async def test_what_is_there_is_found(client: httpx.AsyncClient, path: str, kind: str) -> None:
    answer = await client.head(path)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, kind, b"")


async def test_no_byte_follows_the_head(client: httpx.AsyncClient) -> None:
    """On a connection that stays open, a body would be read as the next answer."""
    where = urlsplit(str(client.base_url))
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = b"HEAD /consent-texts HTTP/1.1\r\nHost: x\r\n"
    writer.write(head + b"\r\n" + head + b"Connection: close\r\n\r\n")
    said = await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    assert [part[:15] for part in said.split(b"\r\n\r\n")] == [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b""]


async def test_where_there_is_no_get(client: httpx.AsyncClient) -> None:
    answer = await client.head("/accounts")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")
    refused = await client.put("/privacy-notice")
    problem(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD"
    refused = await client.put("/health/live")
    problem(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD"


async def test_the_access_log_tells_head_and_route(client: httpx.AsyncClient) -> None:
    structlog.reset_defaults()
    with capture_logs() as lines:
        await client.head("/privacy-notice")
    assert [(line["method"], line["route"]) for line in lines if line["event"] == "request"] == [
        ("HEAD", "/privacy-notice")
    ]


async def test_the_document_lists_no_head(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert not [path for path, item in document["paths"].items() if "head" in item]
