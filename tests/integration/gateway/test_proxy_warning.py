"""A gateway behind a proxy that it does not trust says so, once, and without an address."""

import contextlib
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.gateway import gateway_client
from tests.harness import Harness

TOLD = {"X-Forwarded-For": "192.0.2.7"}
PATHS = ("/health/live", "/products", "/me", "/nope")


@contextlib.asynccontextmanager
async def logged(harness: Harness, **settings: str) -> AsyncIterator[tuple[httpx.AsyncClient, list[EventDict]]]:
    """A gateway, and what it says."""
    structlog.reset_defaults()
    async with gateway_client(harness, **settings) as client:
        with capture_logs() as lines:
            yield client, lines


def warnings(lines: list[EventDict]) -> list[str]:
    return [str(line["event"]) for line in lines if line["log_level"] == "warning"]


@pytest.mark.parametrize("trusted", ["", "192.0.2.0/24", "::1"])
async def test_one_warning_names_the_setting(harness: Harness, trusted: str) -> None:
    async with logged(harness, trusted_proxies=trusted) as (client, lines):
        for path in PATHS:
            await client.get(path)
        assert warnings(lines) == []
        for path in PATHS:
            await client.get(path, headers=TOLD)
    (said,) = warnings(lines)
    assert "LETHE_TRUSTED_PROXIES" in said
    assert not any(address in json.dumps(lines) for address in ("192.0.2.7", "127.0.0.1"))


@pytest.mark.parametrize("text", ["unknown", "", "192.0.2.7, 192.0.2.8"])
async def test_whatever_the_header_says(harness: Harness, text: str) -> None:
    async with logged(harness) as (client, lines):
        await client.get("/nope", headers={"X-Forwarded-For": text})
    assert len(warnings(lines)) == 1


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.1", "*"])
async def test_a_trusted_proxy_is_no_reason(harness: Harness, trusted: str) -> None:
    async with logged(harness, trusted_proxies=trusted) as (client, lines):
        await client.get("/products", headers=TOLD)
    assert warnings(lines) == []
