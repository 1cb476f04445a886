"""A request counts only from an account that its contract names: refused by the broker, or else by who is asked."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq.exceptions import ChannelAccessRefused
from prometheus_client import REGISTRY

from deploy.local.servers import Servers
from shared.contracts.message import ANY_SERVICE, GATEWAY, OPERATORS, PARTICIPANTS, Request
from shared.contracts.schemas import published
from shared.messaging.request_client import RequestClient
from shared.messaging.topology import EVENTS, answers, asks, requests_queue
from shared.problems import Refused
from tests.harness import Harness
from tests.scenario import SERVICES, scenario_harness

ACCOUNTS = (GATEWAY, *(service.name for service in SERVICES))
Contract = type[Request[Any]]


def contracts() -> list[Contract]:
    return [contract for contract in published() if issubclass(contract, Request)]


def every_type(account: str = "") -> list[tuple[Contract, str]]:
    """Every contract as each of those is asked it who answer it; nobody asks itself what all are asked."""
    participants = [service.name for service in SERVICES if service.takes_orders and service.name != account]
    return [
        (contract, contract.type_to(name))
        for contract in contracts()
        for name in (participants if contract.owner == ANY_SERVICE else [contract.owner])
    ]


def names(contract: Contract, account: str) -> bool:
    """What the contract says, by hand."""
    return account in contract.askers or (PARTICIPANTS in contract.askers and account not in (GATEWAY, OPERATORS))


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with scenario_harness(servers) as module_harness:
        yield module_harness


@pytest.fixture
async def read(harness: Harness) -> AsyncIterator[None]:
    """Somebody takes what is asked of every service, so that only what reaches nobody comes back."""
    connection = await aio_pika.connect(harness.admin_amqp, timeout=60)
    async with connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        for service in SERVICES:
            await queue.bind(answers(service.name))
        yield


async def tried(connection: AbstractConnection, exchange: str, key: str) -> str:
    """What the broker does with a message: taken, returned because it reaches nobody, or refused."""
    channel = await connection.channel(on_return_raises=True)
    try:
        target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        await target.publish(aio_pika.Message(b"{}"), key, mandatory=True, timeout=60)
    except ChannelAccessRefused:
        return "refused"
    except (DeliveryError, PublishError):
        return "returned"
    finally:
        await channel.close()
    return "taken"


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("account", ACCOUNTS)
async def test_the_broker_takes_from_an_account_what_it_is_named_for(harness: Harness, account: str) -> None:
    """Through its own exchange; those of others are closed to it."""
    connection = await aio_pika.connect(harness.amqp[account], timeout=60)
    async with connection:
        said = {asked: await tried(connection, asks(account), asked) for _, asked in every_type(account)}
        others = [asks(name) for name in (*ACCOUNTS, OPERATORS) if name != account] + [answers("privacy")]
        assert {await tried(connection, exchange, "privacy.open-case") for exchange in others} == {"refused"}
    assert said == {asked: "taken" if names(c, account) else "returned" for c, asked in every_type(account)}


async def test_the_gateway_writes_to_nothing_but_its_requests(harness: Harness) -> None:
    """No event in anybody's name, no message straight into a queue, nothing into a retry tier."""
    ways = [(EVENTS, "gateway.something.v1"), (EVENTS, "privacy.erasure-ordered.v1"), ("lethe.retry.5s", "x")]
    ways += [("", requests_queue(service.name)) for service in SERVICES]
    connection = await aio_pika.connect(harness.amqp[GATEWAY], timeout=60)
    async with connection:
        assert [await tried(connection, *way) for way in ways] == ["refused"] * len(ways)


AT_ONCE = 50


class Bypassing(RequestClient):
    """Puts its requests straight into the queue, as whoever answers requests can."""

    async def publish(self, _exchange: str, routing_key: str, message: aio_pika.Message) -> None:
        await super().publish("", requests_queue(routing_key.partition(".")[0]), message)


def counted(contract: Contract, account: str) -> float:
    labels = {"type": contract.type, "account": account}
    return REGISTRY.get_sample_value("lethe_requests_from_strangers_total", labels) or 0


async def test_who_goes_round_the_exchange_is_answered_403_and_counted(harness: Harness) -> None:
    """Every contract by every account that it does not name; operators are no exception."""
    accounts = {name: harness.amqp[name] for name in ACCOUNTS if name != GATEWAY} | {OPERATORS: harness.admin_amqp}
    async with harness.serve(*SERVICES):
        for account, url in accounts.items():
            client = Bypassing(url, "test")
            strangers = [(contract, asked) for contract, asked in every_type() if not names(contract, account)]
            before = {contract: counted(contract, account) for contract, _ in strangers}
            for start in range(0, len(strangers), AT_ONCE):  # each has a minute
                together = strangers[start : start + AT_ONCE]
                await asyncio.gather(*(is_refused(client, contract, asked) for contract, asked in together))
            for contract, times in Counter(contract for contract, _ in strangers).items():
                assert counted(contract, account) == before[contract] + times, contract.type
            await client.close()


async def is_refused(client: RequestClient, contract: Contract, asked: str) -> None:
    """The service itself refuses, before it reads the body."""
    with pytest.raises(Refused) as answer:
        await client.request(contract.model_construct(), to=asked.partition(".")[0], timeout_s=60)
    assert (answer.value.problem.status, answer.value.problem.title) == (403, "this account may not ask that")
