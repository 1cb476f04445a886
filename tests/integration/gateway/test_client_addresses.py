"""Whose request it is: one bucket per client and one way to write an address, through real services."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.privacy.app import SERVICE as PRIVACY
from tests import harness as harnesses
from tests.gateway import PASSWORD, bearer, fresh_key, gateway_client, problem, sign_up
from tests.harness import PATIENCE_S, Harness
from tests.integration.gateway.test_members import ORDER
from tests.staff import CHEAP_HASH

PROXY = "127.0.0.1"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """What a sign-in and an order need."""
    async with harnesses.serving(servers, IDENTITY, PRIVACY, LICENSING, **CHEAP_HASH) as served:
        yield served


@pytest.fixture(scope="module")
async def client(harness: Harness) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway that believes the proxy on this machine."""
    async with gateway_client(harness, trusted_proxies=PROXY) as made:
        yield made


@pytest.fixture(scope="module")
async def member(client: httpx.AsyncClient, mail: Path) -> tuple[str, dict[str, str]]:
    """The address of somebody with an account, and the header of a session."""
    address, token = await sign_up(client, mail)
    return address, bearer(token)


def forwarded(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def noted(client: httpx.AsyncClient, member: tuple[str, dict[str, str]], headers: dict[str, str]) -> str:
    """Sign in with these headers; answers the address in the activity log."""
    email, who = member
    answer = await client.post("/sessions", json={"email": email, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 201, answer.text
    (newest,) = (await client.get("/me/activity?limit=1", headers=who)).json()["activities"]
    return str(newest["ip"])


WRITTEN = {
    "::ffff:192.0.2.7": "192.0.2.7",
    "192.0.2.7:5060": "192.0.2.7",
    "64:ff9b::c000:207": "192.0.2.7",
    "[2001:DB8::1]:443": "2001:db8::1",
    "fe80::1%eth0": "fe80::1",
    "2002:c000:207::1": "2002:c000:207::1",
}


@pytest.mark.parametrize("text", WRITTEN)
async def test_an_address_is_noted_in_its_plain_form(
    client: httpx.AsyncClient, member: tuple[str, dict[str, str]], text: str
) -> None:
    assert await noted(client, member, forwarded(text)) == WRITTEN[text]


NONE = ["unknown", "_hidden", "", ",", "for=192.0.2.7", "192.0.2.7, unknown", "192.0.2.700"]


@pytest.mark.parametrize("text", NONE)
async def test_a_sign_in_without_an_address(
    client: httpx.AsyncClient, member: tuple[str, dict[str, str]], text: str
) -> None:
    assert await noted(client, member, forwarded(text)) == ""


@pytest.mark.parametrize("text", ["unknown", "_hidden", ""])
async def test_an_order_without_an_address(
    harness: Harness, client: httpx.AsyncClient, member: tuple[str, dict[str, str]], text: str
) -> None:
    """The order counts, with the country of its buyer and no trace of an address."""
    who = member[1] | fresh_key()
    home = {"street": "Długa 1", "postal_code": "80-001", "city": "Gdańsk"}
    assert (await client.patch("/me", json=home, headers=who)).status_code == 200
    product = (await client.get("/products")).json()["products"][0]["code"]
    placed = await client.post("/orders", json=ORDER | {"product": product}, headers=who | forwarded(text))
    assert placed.status_code == 201, placed.text
    async with harness.superuser("licensing") as database:
        traces = "SELECT count(*) FROM purchase_origin WHERE order_id = $1::uuid"
        assert await database.fetchval(traces, placed.json()["id"]) == 0
        country = "SELECT country FROM purchase WHERE order_id = $1::uuid"
        assert await database.fetchval(country, placed.json()["id"]) == "PL"


async def test_limits_count_per_proxy_that_names_nobody(harness: Harness) -> None:
    trusted = f"{PROXY}, 10.0.0.0/8"
    async with gateway_client(harness, rate_open="1/hour", trusted_proxies=trusted) as client:
        answers = [
            (await client.get("/products", headers=forwarded(told))).status_code
            for told in ("unknown", "_hidden", "unknown, 10.0.0.1", "for=x, 10.0.0.1", "x, 10.0.0.2", "192.0.2.7")
        ]
        assert answers == [200, 429, 200, 429, 200, 200]


def from_address(host: str, port: int | None) -> httpx.AsyncClient:
    """A client that calls from an address of its own on this machine."""
    transport = httpx.AsyncHTTPTransport(local_address=host)
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=PATIENCE_S)


async def test_ipv4_clients_of_a_gateway_on_every_address(harness: Harness, member: tuple[str, dict[str, str]]) -> None:
    async with gateway_client(harness, http_host="::", rate_open="1/hour", trusted_proxies="127.0.0.3") as client:
        port = urlsplit(str(client.base_url)).port
        async with from_address("127.0.0.1", port) as one, from_address("127.0.0.2", port) as other:
            assert (await one.get("/products")).status_code == 200
            problem(await one.get("/products"), 429)
            assert (await other.get("/products")).status_code == 200
            assert await noted(other, member, {}) == "127.0.0.2"
        async with from_address("127.0.0.3", port) as proxy:  # trusted, though the socket calls it ::ffff:127.0.0.3
            assert await noted(proxy, member, forwarded("192.0.2.7")) == "192.0.2.7"


@pytest.mark.parametrize(
    ("one", "other"), [("::ffff:192.0.2.7", "::ffff:192.0.2.8"), ("64:ff9b::c000:207", "64:ff9b::c000:208")]
)
async def test_ipv4_clients_behind_a_proxy_that_writes_ipv6(harness: Harness, one: str, other: str) -> None:
    async with gateway_client(harness, rate_open="1/hour", trusted_proxies=PROXY) as client:
        assert (await client.get("/products", headers=forwarded(one))).status_code == 200
        problem(await client.get("/products", headers=forwarded("192.0.2.7")), 429)
        assert (await client.get("/products", headers=forwarded(other))).status_code == 200
