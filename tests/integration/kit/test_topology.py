"""Exchanges, queues, policies and users: declared in one step, twice without harm, with least privilege."""

import secrets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import aio_pika
import pytest
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError
from aiormq.exceptions import ChannelAccessRefused

from deploy import broker
from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from shared.messaging import topology
from shared.messaging.topology import EVENTS, TIERS, TopologyError
from tests.harness import SECRET, SHORT_WAITS_MS, Harness
from tests.sample.harness import alone, depth, publishing, sample_harness, send
from tests.sample.script import NOTED, noted

NAMES = ("identity", "sample")


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with sample_harness(servers, alone(), IDENTITY) as module_harness:
        yield module_harness


async def prepare(harness: Harness) -> dict[str, str]:
    reactions = [r for s in (alone(), IDENTITY) for r in s.complete_router().event_handlers]
    urls = (harness.servers.amqp_url, harness.servers.management_url)
    return await broker.prepare(*urls, harness.name, NAMES, reactions, secret=SECRET, waits_ms=SHORT_WAITS_MS)


async def test_declaring_twice_changes_nothing(harness: Harness) -> None:
    """An operator may repeat the set-up at any time: messages stay, and so do the users' URLs."""
    async with publishing(harness) as channel:
        await send(channel, noted())
        assert (await prepare(harness))["sample"] == harness.amqp["sample"]
        assert await depth(harness, NOTED) == 1
        await (await channel.get_queue(NOTED, ensure=False)).purge()


@pytest.fixture
async def empty(servers: Servers) -> AsyncIterator[str]:
    """A virtual host with nothing in it; its URL."""
    name = f"t{secrets.token_hex(4)}"
    async with topology.management(servers.management_url) as api:
        (await api.put(f"/api/vhosts/{name}", json={})).raise_for_status()
    yield broker.in_virtual_host(servers.amqp_url, name)
    await broker.remove(servers.management_url, name)


@pytest.mark.parametrize("name", [NOTED, "sample.dead-letters", "lethe.retry.5min", "lethe.unrouted"])
async def test_a_queue_of_another_kind_is_named(empty: str, name: str) -> None:
    connection = await aio_pika.connect(empty)
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue(name, durable=True)
    with pytest.raises(TopologyError, match=f"queue {name} exists"):
        await topology.declare(empty, alone().complete_router().event_handlers, ["sample"])


@pytest.mark.parametrize("name", [EVENTS, "lethe.retry.1h", "lethe.unrouted"])
async def test_an_exchange_of_another_kind_is_named(empty: str, name: str) -> None:
    connection = await aio_pika.connect(empty)
    async with connection:
        channel = await connection.channel()
        await channel.declare_exchange(name, ExchangeType.DIRECT, durable=True)
    with pytest.raises(TopologyError, match=f"exchange {name} exists"):
        await topology.declare(empty, [], [])


async def test_every_policy_is_set_and_at_work(harness: Harness) -> None:
    """Limits and times to live stand in policies, as a queue's arguments can never be changed."""
    place = quote(harness.name, safe="")
    async with topology.management(harness.servers.management_url) as api:
        policies = {p["name"]: p for p in (await api.get(f"/api/policies/{place}")).json()}
        queues = {q["name"]: q for q in (await api.get(f"/api/queues/{place}?disable_stats=true")).json()}
    expected = topology.policies(NAMES, SHORT_WAITS_MS)
    assert {name: p["definition"] for name, p in policies.items()} == {n: p["definition"] for n, p in expected.items()}
    assert {queue["type"] for queue in queues.values()} == {"quorum"}
    assert {tuple(queue["arguments"]) for queue in queues.values()} == {("x-queue-type",)}
    at_work = {name: queue.get("policy") for name, queue in queues.items()}
    assert at_work[NOTED] == "lethe-sample"
    assert at_work["identity.dead-letters"] == "lethe-dead-letters"
    assert all(at_work[tier.name] == f"lethe-{tier.name}" for tier in TIERS)
    assert None not in at_work.values()


def test_a_policy_holds_for_its_own_service_only() -> None:
    """`mail` must not set what holds for `email` or `mail-archive`."""
    patterns = {name: policy["pattern"] for name, policy in topology.policies(["mail"]).items()}
    assert patterns["lethe-mail"] == "^mail[.]on[.]"
    assert patterns["lethe-lethe.retry.5s"] == "^lethe[.]retry[.]5s$"


def test_the_operators_waits_are_those_of_the_design() -> None:
    waits = [policy["definition"].get("message-ttl") for policy in topology.policies([]).values()]
    assert [wait for wait in waits if wait] == [5_000, 30_000, 300_000, 3_600_000]
    tier = topology.policies([])["lethe-lethe.retry.5s"]["definition"]
    assert tier["dead-letter-strategy"] == "at-least-once"
    assert tier["overflow"] == "reject-publish", "at-least-once demands it, and drops silently without"


async def attempt(url: str, what: Any) -> None:
    connection = await aio_pika.connect(url, timeout=60)
    async with connection:
        await what(await connection.channel(on_return_raises=True))


async def publish(channel: AbstractChannel, exchange: str, key: str) -> None:
    target = await channel.get_exchange(exchange, ensure=False)
    await target.publish(aio_pika.Message(b"{}", message_id=str(uuid4()), type=key), key, mandatory=False)


FORBIDDEN: dict[str, Any] = {
    "speak for identity": lambda c: publish(c, EVENTS, "identity.person-registered.v1"),
    "speak for privacy": lambda c: publish(c, EVENTS, "privacy.erasure-ordered.v1"),
    "speak for a namesake": lambda c: publish(c, EVENTS, "sample-two.thing-noted.v1"),
    "write to the unrouted": lambda c: publish(c, "lethe.unrouted", "x"),
    "read identity's events": lambda c: _get(c, "identity.on.privacy.erasure-ordered"),
    "read identity's requests": lambda c: _get(c, "identity.requests"),
    "read identity's dead letters": lambda c: _get(c, "identity.dead-letters"),
    "read the retries": lambda c: _get(c, "lethe.retry.5s"),
    "declare a queue": lambda c: c.declare_queue("sample.on.everything", durable=True),
    "listen to everything": lambda c: c.declare_queue(exclusive=True),
    "delete a queue": lambda c: c.queue_delete("sample.dead-letters"),
    "delete the exchange": lambda c: c.exchange_delete(EVENTS),
    "bind another queue": lambda c: _bind(c, "sample.dead-letters"),
    "listen to identity's questions": lambda c: _bind(c, "sample.requests", "identity.answers"),
    "ask in the gateway's name": lambda c: publish(c, "gateway.asks", "identity.authenticate.v1"),
    "ask round its own exchange": lambda c: publish(c, "identity.answers", "identity.authenticate.v1"),
    "declare an exchange": lambda c: c.declare_exchange("sample.mine", ExchangeType.FANOUT),
}


async def _get(channel: AbstractChannel, name: str) -> None:
    await (await channel.get_queue(name, ensure=False)).get(fail=False, timeout=60)


async def _bind(channel: AbstractChannel, name: str, exchange: str = EVENTS) -> None:
    await (await channel.get_queue(name, ensure=False)).bind(exchange, "#")


@pytest.mark.parametrize("what", FORBIDDEN)
async def test_a_service_does_only_what_is_its_own(harness: Harness, what: str) -> None:
    with pytest.raises(ChannelAccessRefused):
        await attempt(harness.amqp["sample"], FORBIDDEN[what])


async def test_a_service_may_do_what_it_must(harness: Harness) -> None:
    async def work(channel: AbstractChannel) -> None:
        await publish(channel, EVENTS, "sample.thing-noted.v1")
        await publish(channel, "lethe.retry.5s", NOTED)
        for queue in (NOTED, "sample.dead-letters"):
            await _get(channel, queue)

    await attempt(harness.amqp["sample"], work)


async def test_a_service_stays_in_its_virtual_host(harness: Harness) -> None:
    elsewhere = harness.amqp["sample"].rpartition("/")[0] + "/%2F"
    with pytest.raises(AMQPError):
        await aio_pika.connect(elsewhere, timeout=60)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://rabbit.example/", "https://rabbit.example"),
        ("http://a:b@rabbit.example:15672", "http://rabbit.example:15672"),
        ("http://a:b%40@[::1]:15672/", "http://[::1]:15672"),
    ],
)
def test_the_management_address_may_leave_out_its_port(url: str, base: str) -> None:
    assert str(topology.management(url).base_url).rstrip("/") == base
