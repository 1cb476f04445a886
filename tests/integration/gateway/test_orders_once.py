"""A double click makes one order and one invoice: who orders or pays sends an idempotency key."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.servers import Servers
from services.gateway.app import build
from services.gateway.settings import GatewaySettings
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.privacy.app import SERVICE as PRIVACY
from shared.messaging.request_client import RequestClient
from tests import harness as harnesses
from tests.gateway import PASSWORD, bearer, fresh_key, mailed_code, problem, sign_in
from tests.harness import Harness
from tests.integration.gateway.test_members import ORDER

COMPANY = {
    "password": PASSWORD,
    "full_name": "Anna Nowak",
    "street": "Długa 1",
    "postal_code": "80-001",
    "city": "Gdańsk",
    "kind": "company",
    "company": "Nowak sp. z o.o.",
    "nip": "9222828810",
}


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """What an order needs."""
    async with harnesses.serving(servers, IDENTITY, PRIVACY, LICENSING) as served:
        yield served


@pytest.fixture
async def who(client: httpx.AsyncClient, mail: Path) -> dict[str, str]:
    """The session of a new business, which may pay by transfer: the invoice comes with the order."""
    email = f"{secrets.token_hex(6)}@example.com"
    begun = await client.post("/accounts", json=COMPANY | {"email": email})
    assert begun.status_code == 202
    proof = {"email": email, "token": begun.json()["token"], "code": await mailed_code(mail, email)}
    assert (await client.post("/email-verifications", json=proof)).status_code == 201
    return bearer(await sign_in(client, email))


async def order(client: httpx.AsyncClient) -> dict[str, Any]:
    product = (await client.get("/products")).json()["products"][0]["code"]
    return ORDER | {"product": product, "pay_by": "transfer"}


async def invoices(client: httpx.AsyncClient, who: dict[str, str]) -> int:
    return len((await client.get("/invoices", headers=who)).json()["invoices"])


async def test_a_double_click_makes_one_invoice(client: httpx.AsyncClient, who: dict[str, str]) -> None:
    headers, body = who | fresh_key(), await order(client)
    twice = await asyncio.gather(*(client.post("/orders", json=body, headers=headers) for _ in range(2)))
    assert [answer.status_code for answer in twice] == [201, 201]
    assert twice[0].json() == twice[1].json()
    assert await invoices(client, who) == 1


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": ""}, {"Idempotency-key-": "abc"}])
async def test_no_order_without_a_key(client: httpx.AsyncClient, who: dict[str, str], key: dict[str, str]) -> None:
    refused = await client.post("/orders", json=await order(client), headers=who | key)
    assert [error["field"] for error in problem(refused, 400)["errors"]] == ["Idempotency-Key"]
    problem(await client.post("/orders", json={"product": 1}, headers=who | key), 400)
    assert await invoices(client, who) == 0
    assert (await client.get("/orders", headers=who)).json() == {"orders": []}


async def test_no_payment_without_a_key(client: httpx.AsyncClient, who: dict[str, str]) -> None:
    body = await order(client) | {"pay_by": "card"}
    placed = (await client.post("/orders", json=body, headers=who | fresh_key())).json()["id"]
    for headers in (who, who | {"Idempotency-Key": ""}):
        refused = await client.post(f"/orders/{placed}/payments", headers=headers)
        assert [error["field"] for error in problem(refused, 400)["errors"]] == ["Idempotency-Key"]
    assert (await client.post(f"/orders/{placed}/payments", headers=who | fresh_key())).status_code == 201


async def test_a_key_that_is_none_stays_422_and_no_session_401(client: httpx.AsyncClient, who: dict[str, str]) -> None:
    body = await order(client)
    for wrong in ("k k", "k" * 201):
        problem(await client.post("/orders", json=body, headers=who | {"Idempotency-Key": wrong}), 422)
    problem(await client.post("/orders", json=body), 401)


def test_the_document_says_where_a_key_is_required() -> None:
    document = build(GatewaySettings(amqp_url="amqp://127.0.0.1"), RequestClient("amqp://127.0.0.1", "test")).openapi()
    required = {
        (method, path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "Idempotency-Key" and parameter["required"]
    }
    assert required == {
        ("post", "/orders"),
        ("post", "/orders/{order_id}/payments"),
        ("post", "/staff/orders/{order_id}/refunds"),
        ("post", "/trials"),
    }
