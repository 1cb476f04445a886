"""A refusal for a while says how long, whoever refused: in the header, and in the problem's own words."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.privacy.app import SERVICE as PRIVACY
from tests import harness as harnesses
from tests.gateway import gateway_client, problem
from tests.harness import Harness


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Identity."""
    async with harnesses.serving(servers, IDENTITY, PRIVACY) as served:
        yield served


async def test_the_owner_of_a_refusal_says_how_long_to_wait(client: httpx.AsyncClient) -> None:
    wrong = {"email": "nobody@example.com", "password": "wrong horse"}
    answers = await asyncio.gather(*(client.post("/sessions", json=wrong) for _ in range(12)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    for answer in refused:
        body = problem(answer, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 900
        assert body["retry_after"] == int(answer.headers["retry-after"])


async def test_the_gateways_own_limit_says_it_alike(harness: Harness) -> None:
    async with gateway_client(harness, rate_credentials="1/hour") as client:
        wrong = {"email": "nobody.else@example.com", "password": "wrong horse"}
        problem(await client.post("/sessions", json=wrong), 401)
        answer = await client.post("/sessions", json=wrong)
        assert problem(answer, 429)["retry_after"] == int(answer.headers["retry-after"])


async def test_a_refusal_for_good_names_no_wait(client: httpx.AsyncClient) -> None:
    answer = await client.post("/sessions", json={"email": "once@example.com", "password": "wrong horse"})
    assert "retry_after" not in problem(answer, 401)
    assert "retry-after" not in answer.headers
