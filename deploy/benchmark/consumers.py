"""Who takes the messages of `./lethe benchmark events`: the kit's consumer, and bare ones of FastStream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace

import asyncpg
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from pydantic_core import to_json

from services.privacy.disclosures import INSERT
from services.privacy.handlers.disclosures import log_disclosures, router
from shared.clock import today
from shared.contracts.participants import Disclosed
from shared.database import Database, Transaction
from shared.law.retention import proof
from shared.messaging import broker as brokers
from shared.messaging.admission import Admission
from shared.messaging.batching import MAX_BATCH
from shared.messaging.consumer import Consumer
from shared.messaging.outbox import enqueue
from shared.messaging.publisher import Publisher
from shared.messaging.request_server import RequestServer
from shared.messaging.router import EventHandler
from shared.settings import Settings

SERVICE = "privacy"
SENDER = "marketing"
POOL_SIZE: int = Settings.model_fields["pool_size"].default
PREFETCH: int = Settings.model_fields["prefetch"].default
DRAIN_S = 15.0
(REACTION,) = (handler for handler in router.event_handlers if handler.handler is log_disclosures)


@dataclass
class Taken:
    """How many messages were handled, and that it was all of them."""

    expected: int
    count: int = 0
    all: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, messages: int) -> None:
        self.count += messages
        if self.count >= self.expected:
            self.all.set()


@dataclass(frozen=True)
class Place:
    """Where everybody works: one database as one role, one queue by one account."""

    postgres_url: str
    amqp_url: str


Side = Callable[[Place, Taken], AbstractAsyncContextManager[None]]
"""A consumer at work within its block."""


def plain(place: Place, taken: Taken) -> AbstractAsyncContextManager[None]:
    """The reaction message by message."""

    async def handler(event: Disclosed, tx: Transaction, sender: str) -> None:
        await log_disclosures([event], tx, [sender])
        taken.add(1)

    return _kit(place, replace(REACTION, handler=handler, batch=False))


def batched(place: Place, taken: Taken) -> AbstractAsyncContextManager[None]:
    """The reaction as it is at work."""

    async def handler(events: list[Disclosed], tx: Transaction, senders: list[str]) -> None:
        await log_disclosures(events, tx, senders)
        taken.add(len(events))

    return _kit(place, replace(REACTION, handler=handler))


@asynccontextmanager
async def _kit(place: Place, handler: EventHandler) -> AsyncIterator[None]:
    database, publisher = Database(place.postgres_url, SERVICE, enqueue, POOL_SIZE), Publisher(place.amqp_url, SERVICE)
    consumer = Consumer(handler, database, publisher, {}, Admission(handler.queue))
    server = RequestServer(SERVICE, {}, database, publisher, {}, asyncio.Semaphore(1))
    broker = brokers.build(place.amqp_url, SERVICE, [consumer], server, PREFETCH, DRAIN_S)
    await database.open()
    try:
        await brokers.start(broker)
        yield
    finally:
        await broker.stop()
        await publisher.close()
        await database.close()


@asynccontextmanager
async def inserting(place: Place, taken: Taken) -> AsyncIterator[None]:
    """Bare: read the contract, run the INSERT, acknowledge."""
    purpose = {"lethe.purpose": REACTION.purpose.value}  # or PostgreSQL would show it no rows
    async with asyncpg.create_pool(
        place.postgres_url, min_size=1, max_size=POOL_SIZE, server_settings=purpose
    ) as database:

        async def handler(event: Disclosed) -> None:
            kept = proof(today())
            arguments = (kept.until, kept.provisions, kept.exemptions)
            await database.execute(INSERT, to_json([event]).decode(), [SENDER], *arguments)
            taken.add(1)

        async with _faststream(place, handler, PREFETCH):
            yield


@asynccontextmanager
async def acknowledging(place: Place, taken: Taken) -> AsyncIterator[None]:
    """Bare: read the contract, acknowledge."""

    async def handler(event: Disclosed) -> None:  # noqa: ARG001 FastStream reads the contract from it
        taken.add(1)

    async with _faststream(place, handler, 2 * MAX_BATCH):
        yield


@asynccontextmanager
async def _faststream(place: Place, handler: Callable[[Disclosed], object], prefetch: int) -> AsyncIterator[None]:
    """As its manual has it, but that it says nothing: its log lines cost more than anything else it does."""
    broker = RabbitBroker(place.amqp_url, logger=None, graceful_timeout=DRAIN_S)
    queue = RabbitQueue(REACTION.queue, queue_type=QueueType.QUORUM, declare=False)
    channel = Channel(prefetch_count=prefetch)
    broker.subscriber(queue, channel=channel, ack_policy=AckPolicy.NACK_ON_ERROR, no_reply=True)(handler)
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()
