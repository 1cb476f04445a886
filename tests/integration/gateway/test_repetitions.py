"""A key is one client's, a repetition is answered alike from wherever it comes, and after its day a key is new."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.servers import Servers
from services.gateway import case_tokens
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.privacy.app import SERVICE as PRIVACY
from tests import harness as harnesses
from tests.gateway import PASSWORD, bearer, fresh_key, gateway_client, mailed_code, problem, sign_in, sign_up
from tests.harness import Harness
from tests.integration.gateway.test_members import ORDER
from tests.integration.marketing.driver import rows

HERE, THERE = {"X-Forwarded-For": "198.51.100.7"}, {"X-Forwarded-For": "2001:db8:7::1"}
TOMORROW, LATER = timedelta(hours=23, minutes=59), timedelta(hours=24, minutes=1)


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Cases wait, so that their people can go on using their accounts."""
    module_harness = await harnesses.build(servers, [IDENTITY, PRIVACY, LICENSING], settings={"cooling_off_s": 86400})
    async with module_harness.serve(IDENTITY, PRIVACY, LICENSING):
        yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture(scope="module")
async def client(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway that believes this test where its clients are."""
    async with gateway_client(harness, trusted_proxies="127.0.0.1") as http_client:
        yield http_client


def client_token() -> dict[str, str]:
    return {"Idempotency-Client": secrets.token_urlsafe(16)}


def an_address() -> str:
    return f"{secrets.token_hex(6)}@example.com"


async def ask(client: httpx.AsyncClient, body: dict[str, Any], *headers: dict[str, str]) -> str:
    answer = await client.post("/privacy-requests", json=body, headers={k: v for h in headers for k, v in h.items()})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


# ── A key is one client's ───────────────────────────────────────────────────────────────────────


async def test_equal_keys_of_two_networks_are_two(client: httpx.AsyncClient) -> None:
    """Neither a refusal nor the other one's request id tells that somebody used the key."""
    key, body, other = fresh_key(), {"email": an_address()}, {"email": an_address()}
    first = await ask(client, body, key, HERE)
    assert await ask(client, body, key, HERE) == first
    assert await ask(client, body, key, THERE) != first
    await ask(client, other, key, {"X-Forwarded-For": "198.51.100.8"})
    assert problem(await client.post("/privacy-requests", json=other, headers=key | HERE), 422)


async def test_who_names_itself_keeps_its_keys_apart_and_takes_them_along(client: httpx.AsyncClient) -> None:
    key, body, me, somebody = fresh_key(), {"email": an_address()}, client_token(), client_token()
    first = await ask(client, body, key, me, HERE)
    assert await ask(client, body, key, me, THERE) == first, "the same client elsewhere"
    behind_the_same_router = [await ask(client, body, key, other, HERE) for other in (somebody, {})]
    assert first not in behind_the_same_router
    assert len(set(behind_the_same_router)) == 2


async def test_no_equal_key_leads_to_somebody_elses_case(client: httpx.AsyncClient, mail: Path) -> None:
    """Not even with the code that opened it: the same key and body from elsewhere is another request."""
    address, key = an_address(), fresh_key()
    request_id = await ask(client, {"email": address}, key, HERE)
    proof = {"request_id": request_id, "code": await mailed_code(mail, address)}
    opened = await client.post("/privacy-requests/confirmations", json=proof, headers=key | HERE)
    assert opened.status_code == 201, opened.text
    again = await client.post("/privacy-requests/confirmations", json=proof, headers=key | HERE)
    assert again.json() == opened.json()
    strange = await client.post("/privacy-requests/confirmations", json=proof, headers=key | THERE)
    assert [error["field"] for error in problem(strange, 422)["errors"]] == ["code"]


async def test_an_address_is_proved_once_wherever_its_owner_goes(client: httpx.AsyncClient, mail: Path) -> None:
    address, once = an_address(), fresh_key() | client_token()
    person = {"email": address, "password": PASSWORD, "full_name": "Anna Nowak", "city": "Gdańsk"}
    begun = await client.post("/accounts", json=person)
    assert begun.status_code == 202
    proof = {"email": address, "code": await mailed_code(mail, address), "token": begun.json()["token"]}
    proved = [await client.post("/email-verifications", json=proof, headers=once | place) for place in (HERE, THERE)]
    assert [answer.status_code for answer in proved] == [201, 201]
    assert proved[0].json() == proved[1].json()


@pytest.mark.parametrize(
    "wrong", ["", "x" * 19, "x" * 101, "ż" * 30, "with space in between it", "dots.and.dots.and.dots"]
)
async def test_a_client_that_names_itself_wrongly_is_told(client: httpx.AsyncClient, wrong: str) -> None:
    headers = [(b"Idempotency-Key", b"k"), (b"Idempotency-Client", wrong.encode())]
    refused = await client.post("/privacy-requests", json={"email": an_address()}, headers=headers)
    if wrong:
        assert [error["field"] for error in problem(refused, 422)["errors"]] == ["Idempotency-Client"]
    else:
        problem(refused, 422)


async def test_what_is_stored_of_a_client_names_nobody(client: httpx.AsyncClient, harness: Harness) -> None:
    me = client_token()
    await ask(client, {"email": an_address()}, fresh_key(), me, HERE)
    await ask(client, {"email": an_address()}, fresh_key(), THERE)
    stored = str(await rows(harness, "SELECT * FROM idempotency", service="privacy"))
    for value in (me["Idempotency-Client"], "198.51.100", "2001:db8"):
        assert value not in stored


async def test_the_document_says_how_a_client_names_itself(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    keyed, named = (
        {
            path
            for path, item in document["paths"].items()
            for operation in item.values()
            for parameter in operation.get("parameters", ())
            if parameter["name"] == name and not operation["security"]
        }
        for name in ("Idempotency-Key", "Idempotency-Client")
    )
    assert keyed == named >= {"/privacy-requests", "/privacy-requests/tokens/confirmations", "/email-verifications"}


# ── Circumstances ───────────────────────────────────────────────────────────────────────────────


async def test_an_order_repeated_from_another_network_is_the_same(client: httpx.AsyncClient, mail: Path) -> None:
    _, token = await sign_up(client, mail)
    home = {"street": "Długa 1", "postal_code": "80-001", "city": "Gdańsk"}
    assert (await client.patch("/me", json=home, headers=bearer(token))).status_code == 200
    product = (await client.get("/products")).json()["products"][0]["code"]
    once, body = bearer(token) | fresh_key(), ORDER | {"product": product}
    placed = [await client.post("/orders", json=body, headers=once | place) for place in (HERE, THERE, {})]
    assert [answer.status_code for answer in placed] == [201] * 3, placed[-1].text
    assert len({answer.json()["id"] for answer in placed}) == 1
    assert len((await client.get("/orders", headers=bearer(token))).json()["orders"]) == 1
    other = await client.post("/orders", json=body | {"quantity": 2}, headers=once | THERE)
    assert problem(other, 422)["errors"][0]["field"] == "Idempotency-Key"


async def test_a_case_asked_for_again_after_signing_in_again_is_the_same(client: httpx.AsyncClient, mail: Path) -> None:
    address, token = await sign_up(client, mail)
    once, body = fresh_key(), {"right": "erasure"}
    opened = await client.post("/me/privacy-requests", json=body, headers=once | bearer(token))
    assert opened.status_code == 201, opened.text
    proof = {"password": PASSWORD}
    assert (await client.post("/me/reauthentication", json=proof, headers=bearer(token))).status_code == 204
    for session in (token, await sign_in(client, address)):
        again = await client.post("/me/privacy-requests", json=body, headers=once | bearer(session) | THERE)
        assert (again.status_code, again.json()) == (201, opened.json())
    other = await client.post("/me/privacy-requests", json=body | {"language": "en"}, headers=once | bearer(token))
    assert problem(other, 422)["errors"][0]["field"] == "Idempotency-Key"


# ── After its day ───────────────────────────────────────────────────────────────────────────────


class Clock:
    """Time that passes at the gateway and in the rows of privacy."""

    def __init__(self, harness: Harness, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        self.harness, self.at = harness, at
        monkeypatch.setattr(case_tokens, "now", lambda: self.at)

    async def advance(self, by: timedelta) -> None:
        self.at += by
        await rows(self.harness, "UPDATE idempotency SET created_at = created_at - $1::interval", by, service="privacy")


@pytest.mark.parametrize("hour", [0, 12, 23])
async def test_a_key_used_again_after_its_day_opens_a_new_case(
    client: httpx.AsyncClient, harness: Harness, mail: Path, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    """A program that always sends the same key; the row of before may not have been dropped yet."""
    clock = Clock(harness, monkeypatch, datetime(2026, 10, 24, hour, 0, 30, tzinfo=UTC))
    _, token = await sign_up(client, mail)
    once, body = bearer(token) | {"Idempotency-Key": "always"}, {"right": "erasure"}
    opened = (await client.post("/me/privacy-requests", json=body, headers=once)).json()
    await clock.advance(TOMORROW)
    assert (await client.post("/me/privacy-requests", json=body, headers=once)).json() == opened
    assert (await client.delete(f"/privacy-requests/{opened['token']}")).status_code == 204
    await clock.advance(LATER - TOMORROW)
    later = await client.post("/me/privacy-requests", json=body, headers=once)
    assert later.status_code == 201, later.text
    assert later.json()["id"] != opened["id"]
    assert later.json()["token"] != opened["token"]
    assert (await client.get(f"/privacy-requests/{opened['token']}")).json()["state"] == "withdrawn"
    await clock.advance(LATER)
    still_open = await client.post("/me/privacy-requests", json=body, headers=once)
    assert problem(still_open, 409)["title"] == "a case of this right is open already"
