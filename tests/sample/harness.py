"""A harness for the sample service, and what its tests need again and again."""

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import aio_pika
import asyncpg
from prometheus_client import REGISTRY
from typer.testing import CliRunner

from deploy.commands import app
from deploy.local.servers import Servers
from shared.contracts.message import Event
from shared.contracts.privacy import ErasureOrdered, OrderedSubject, Participant
from shared.database import Database
from shared.messaging.router import Handler, ServiceRouter
from shared.messaging.sender_accounts import account
from shared.messaging.topology import EVENTS
from shared.personal_data.erasure import erase
from shared.personal_data.participant import participant
from shared.purposes import Purpose
from shared.service import Service
from tests import forked
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.sample.app import ERASER, SERVICE
from tests.sample.contracts import ThingNoted

MIGRATIONS = Path(__file__).parent / "migrations"


def alone(*routers: ServiceRouter) -> Service:
    """The sample service without privacy: it obeys orders but catches up with nobody.

    With routers given, it reacts as they say instead.
    """
    whole = ServiceRouter("sample")
    whole.include(*(routers or (SERVICE.router,)), participant(ERASER))
    return replace(SERVICE, router=whole, takes_orders=False)


@contextlib.asynccontextmanager
async def sample_harness(servers: Servers, *services: Service) -> AsyncIterator[Harness]:
    """Databases and queues of the sample service (and others) until the block ends."""
    harness = await harnesses.build(servers, services or [alone()], sample=MIGRATIONS)
    try:
        yield harness
    finally:
        await harnesses.tear_down(harness)


def reacting(
    handler: Handler, contract: type[Event] = ThingNoted, purpose: Purpose = Purpose.UPKEEP, **how: Any
) -> Service:
    """The sample service with one reaction of the test's own in place of its handlers."""
    router = ServiceRouter("sample")
    router.event(contract, purpose=purpose, **how)(handler)
    return replace(SERVICE, router=router, takes_orders=False)


@contextlib.asynccontextmanager
async def publishing(harness: Harness) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    """A channel with all rights and confirms."""
    connection = await aio_pika.connect(harness.admin_amqp, timeout=60)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        _accounts[channel] = account(harness.admin_amqp)
        yield channel


_accounts: WeakKeyDictionary[aio_pika.abc.AbstractChannel, str] = WeakKeyDictionary()

Heard = list[aio_pika.abc.AbstractIncomingMessage]


@contextlib.asynccontextmanager
async def listening(harness: Harness, pattern: str) -> AsyncIterator[Heard]:
    """Everything that is published under a pattern from now on."""
    heard: Heard = []

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        heard.append(message)

    connection = await aio_pika.connect(harness.admin_amqp, timeout=60)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EVENTS, pattern)
        await queue.consume(hear, no_ack=True)
        yield heard


async def lethe(harness: Harness, *words: str, answer: str = "", **environment: str) -> Any:
    """`./lethe WORDS`, on this harness's broker and databases; the environment replaces where they are.

    In this process, whose output it takes: not while a service of the test logs.
    """
    whole = _where(harness) | environment
    gc.disable()  # aio_pika closes a connection that had failed when it is collected: not in a thread without a loop
    try:
        return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=whole, input=answer)
    finally:
        gc.enable()


async def lethe_apart(harness: Harness, *words: str, answer: str = "", code: int = 0) -> str:
    """The same in a process of its own, while services are at work; what it printed."""
    ended = await forked.lethe(*words, environment=os.environ | _where(harness), answer=answer)
    assert ended.code == code, ended.wrong
    return ended.out


async def lethe_at(*words: str, **environment: str) -> forked.Ended:
    """A command of which only this is set."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LETHE_")}
    return await forked.lethe(*words, environment=bare | environment)


def _where(harness: Harness) -> dict[str, str]:
    urls = {f"LETHE_{name.upper()}_POSTGRES_URL": own.app for name, own in harness.databases.items()}
    return urls | {
        "LETHE_AMQP_URL": harness.servers.amqp_url,
        "LETHE_MANAGEMENT_URL": harness.servers.management_url,
        "LETHE_VIRTUAL_HOST": harness.name,
        "COLUMNS": "200",
    }


def handled(queue: str, outcome: str) -> int:
    """How many deliveries of a queue ended so in this process."""
    return metric("lethe_messages_handled_total", consumer=queue, outcome=outcome)


def metric(name: str, **labels: str) -> int:
    """A figure of this process; 0 before there is one."""
    return int(REGISTRY.get_sample_value(name, labels) or 0)


async def until_handled(queue: str, outcome: str, count: int) -> None:
    """Wait for the count of `handled` to reach a number."""

    await eventually(lambda: handled(queue, outcome) >= count)


async def depth(harness: Harness, queue: str) -> int:
    """How many messages wait in a queue."""
    async with publishing(harness) as channel:
        broker_queue = await channel.declare_queue(queue, passive=True)
        return int(broker_queue.declaration_result.message_count or 0)


async def erase_people(database: Database, *people: UUID, order_id: UUID | None = None) -> UUID:
    """What an order does in the sample's database, without the broker; answers the order's id."""
    order = order_id or uuid4()
    async with database.transaction(Purpose.ERASURE) as tx:
        await erase(tx, ERASER, order, ordered(*people).subjects)
    return order


def ordered(*people: UUID, order_id: UUID | None = None) -> ErasureOrdered:
    """An order that the sample service erases these people."""
    return ErasureOrdered(
        order_id=order_id or uuid4(),
        participants=(Participant(service="sample", map_version=1),),
        subjects=tuple(OrderedSubject(subject_id=p, case_id=uuid4(), terminate_contract=True) for p in people),
    )


async def meet(connection: asyncpg.Connection, *people: UUID) -> None:
    """Make people known to a database."""
    await connection.execute("INSERT INTO subject (subject_id) SELECT unnest($1::uuid[])", list(people))


async def send(
    channel: aio_pika.abc.AbstractChannel, event: Event, *, sender: str = "sample", **properties: Any
) -> str:
    """Publish an event as its owner's relay would, by an operator's account; answers the message id."""
    message_id = str(properties.pop("message_id", uuid4()))
    event_type = event.type_from(sender)
    message = aio_pika.Message(
        properties.pop("body", event.model_dump_json().encode()),
        message_id=message_id,
        type=properties.pop("type", event_type),
        app_id=sender,
        user_id=properties.pop("user_id", _accounts[channel]),
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        **properties,
    )
    exchange = await channel.get_exchange(EVENTS, ensure=False)
    await exchange.publish(message, event_type, timeout=60)
    return message_id
