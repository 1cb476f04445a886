"""Rates over HTTP: what is too much is refused with the time to wait.

By the hour: what a minute allows comes back while a busy machine is at the next request.
"""

import httpx

from tests.gateway import bearer, gateway_client, problem
from tests.harness import Harness


async def spent(client: httpx.AsyncClient, times: int, **request: object) -> httpx.Response:
    """The last of so many answers."""
    for _ in range(times):
        answer = await client.request(**request)  # type: ignore[arg-type]
    return answer


async def test_too_many_over_http(harness: Harness) -> None:
    async with gateway_client(harness, rate_mail="2/hour", rate_open="3/hour") as client:
        asked = {"method": "POST", "url": "/accounts", "json": {}}
        problem(await spent(client, 2, **asked), 422)
        answer = await spent(client, 1, **asked)
        assert problem(answer, 429)["title"] == "too many requests"
        assert 1500 <= int(answer.headers["retry-after"]) <= 1800
        # another kind of route has a rate of its own
        problem(await spent(client, 3, method="GET", url="/products"), 503)
        answer = await spent(client, 1, method="GET", url="/products")
        problem(answer, 429)
        assert int(answer.headers["retry-after"]) > 1000


async def test_a_refused_body_counts_as_well(harness: Harness) -> None:
    async with gateway_client(harness, rate_credentials="2/hour") as client:
        problem(await spent(client, 2, method="POST", url="/sessions", content=b"{"), 415)
        problem(await spent(client, 1, method="POST", url="/sessions", content=b"{"), 429)


async def test_sessions_have_their_own_rate_and_the_address_one_for_all(harness: Harness) -> None:
    async with gateway_client(harness, rate_member="2/hour", rate_address="6/hour") as client:
        first, second = bearer("f" * 43), bearer("s" * 43)
        problem(await spent(client, 2, method="GET", url="/me", headers=first), 503)
        problem(await spent(client, 1, method="GET", url="/me", headers=first), 429)
        problem(await spent(client, 2, method="GET", url="/me", headers=second), 503)
        problem(await spent(client, 1, method="GET", url="/me", headers=second), 429)
        problem(await spent(client, 1, method="GET", url="/me", headers=bearer("t" * 43)), 429)


async def test_only_a_trusted_proxy_names_the_client(harness: Harness) -> None:
    asked = {"method": "GET", "url": "/products"}
    elsewhere = {"X-Forwarded-For": "192.0.2.7"}
    async with gateway_client(harness, rate_open="1/hour") as client:
        problem(await spent(client, 1, **asked), 503)
        problem(await spent(client, 1, **asked, headers=elsewhere), 429)
    async with gateway_client(harness, rate_open="1/hour", trusted_proxies="127.0.0.1") as client:
        problem(await spent(client, 1, **asked), 503)
        problem(await spent(client, 1, **asked, headers=elsewhere), 503)
        problem(await spent(client, 1, **asked, headers=elsewhere), 429)
