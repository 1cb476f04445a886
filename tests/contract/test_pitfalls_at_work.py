"""Defaults of FastStream and aio-pika that show in a running service: what our wrapper does instead.

An upgrade that changes one of them fails here. The wrapper's parts alone are in test_pitfalls.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import anyio
import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import DeliveryError
from structlog.testing import capture_logs

from deploy.local.servers import Servers
from shared.database import Transaction
from shared.messaging.batching import MAX_BATCH
from shared.messaging.publisher import UNREACHABLE, Publisher
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.messaging.topology import management
from shared.purposes import Purpose
from shared.service import Service
from tests.harness import Harness, eventually
from tests.sample.app import SERVICE
from tests.sample.contracts import Notes, ReadNotes, ThingNoted
from tests.sample.harness import alone, depth, handled, publishing, reacting, sample_harness, send, until_handled
from tests.sample.script import NOTED, noted

PREFETCH = 3
BY_THE_CLOCK = ("retention run", "vacuumed")
"""What a service says of itself in its first seconds."""


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with sample_harness(servers) as module_harness:
        yield module_harness


@pytest.fixture
async def channel(harness: Harness) -> AsyncIterator[AbstractChannel]:
    async with publishing(harness) as opened:
        yield opened


@pytest.fixture
async def client(harness: Harness) -> AsyncIterator[RequestClient]:
    async with harness.asking() as request_client:
        yield request_client


def reading(seconds: float) -> Service:
    """The sample service; its one answer takes so long."""
    router = ServiceRouter("sample")

    async def slowly(request: ReadNotes) -> Notes:
        await asyncio.sleep(seconds)
        return Notes(texts=(str(request.subject_id),))

    router.request(ReadNotes, purpose=Purpose.RIGHTS)(slowly)
    return replace(SERVICE, router=router, takes_orders=False)


async def test_what_the_broker_refuses_is_an_error(harness: Harness, channel: AbstractChannel) -> None:
    """Publishing is confirmed: without confirms a full queue is silent loss."""
    full = await channel.declare_queue(exclusive=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    publisher = Publisher(harness.admin_amqp, "test")

    async def until_full() -> None:
        for _ in range(5):  # the limit is not exact
            await publisher.publish("", full.name, Message(b"{}"))

    with pytest.raises(DeliveryError):
        await until_full()
    await publisher.close()


async def test_the_broker_knows_every_consumers_limit(harness: Harness) -> None:
    """Acknowledged by us, on a channel of its own, with a prefetch."""
    few = replace(harness, settings=harness.settings | {"prefetch": PREFETCH})

    async def consumers() -> list[dict[str, Any]]:
        async with management(harness.servers.management_url) as api:
            entries: list[dict[str, Any]] = (await api.get(f"/api/consumers/{harness.name}")).json()
        return [one for one in entries if one["queue"]["name"].startswith("sample.")]

    async with few.serve(alone()):
        router = alone().complete_router()
        wanted = {r.queue: 2 * MAX_BATCH if r.batch else PREFETCH for r in router.event_handlers}
        wanted |= {"sample.requests": 4 * PREFETCH}

        async def all_told() -> list[dict[str, Any]]:
            entries = await consumers()
            # the details of a channel come a moment later than the consumer
            return entries if len(entries) == len(wanted) and all(one["channel_details"] for one in entries) else []

        facts = await eventually(all_told)
    assert {one["queue"]["name"]: one["prefetch_count"] for one in facts} == wanted
    assert {one["ack_required"] for one in facts} == {True}
    assert len({one["channel_details"]["name"] for one in facts}) == len(wanted)


async def test_questions_do_not_wait_for_one_another(harness: Harness, client: RequestClient) -> None:
    """FastStream asks one by one (faststream#1318)."""
    people = [uuid4() for _ in range(30)]
    async with harness.serve(reading(2.0)):
        await client.request(ReadNotes(subject_id=uuid4()))
        began = time.monotonic()
        answers = await asyncio.gather(*(client.request(ReadNotes(subject_id=person)) for person in people))
        assert time.monotonic() - began < 30 * 2.0 / 2
    assert [answer.texts for answer in answers] == [(str(person),) for person in people]


async def test_a_scope_that_gives_up_leaves_the_channel_to_the_others(harness: Harness, client: RequestClient) -> None:
    """As a web server does it: a cancelled anyio scope. In FastStream it closes the channel of everybody."""
    async with harness.serve(reading(0.3)):
        await client.request(ReadNotes(subject_id=uuid4()))
        before = await client.channel()
        patient = [asyncio.create_task(client.request(ReadNotes(subject_id=uuid4()))) for _ in range(5)]
        for _ in range(5):
            with anyio.move_on_after(0.02) as scope:
                await client.request(ReadNotes(subject_id=uuid4()))
            assert scope.cancelled_caught
        assert len(await asyncio.gather(*patient)) == 5
        await client.request(ReadNotes(subject_id=uuid4()))
        assert await client.channel() is before
        assert not before.is_closed


async def test_an_error_in_publishing_disturbs_no_consumer(harness: Harness, channel: AbstractChannel) -> None:
    """One channel for all is the default: then what is in hand would be cancelled and begun anew."""
    begun: list[UUID] = []
    leave = asyncio.Event()

    async def slowly(event: ThingNoted, tx: Transaction) -> None:
        begun.append(event.note_id)
        await leave.wait()

    events, done = [noted(), noted()], handled(NOTED, "done")

    async with harness.serve(reacting(slowly)) as resources:
        for event in events:
            await send(channel, event)
        await eventually(lambda: len(begun) == 2)
        for _ in range(3):
            with pytest.raises(UNREACHABLE):
                await resources["sample"].publisher.publish("no.such.exchange", "x", Message(b"{}"))
        leave.set()
        await until_handled(NOTED, "done", done + 2)
    assert sorted(begun) == sorted(event.note_id for event in events)
    assert await depth(harness, NOTED) == 0


async def test_an_answer_leaves_no_warning(
    harness: Harness, client: RequestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A mandatory direct reply is delivered and returned as unroutable as well."""
    with capture_logs() as lines:
        async with harness.serve(reading(0)):
            for _ in range(5):
                await client.request(ReadNotes(subject_id=uuid4()))
    assert [line for line in lines if line["event"] == "reply lost"] == []
    assert [record for record in caplog.records if record.name.startswith("aiormq")] == []


async def test_a_message_leaves_no_line_in_the_log(
    harness: Harness, channel: AbstractChannel, client: RequestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """FastStream writes two lines for each, a third of its time."""
    caplog.set_level(logging.INFO)

    async def take(event: ThingNoted, tx: Transaction) -> None:
        """Do nothing."""

    busy = reacting(take)
    busy.router.include(reading(0).router)
    async with harness.serve(busy):
        await client.request(ReadNotes(subject_id=uuid4()))
        caplog.clear()
        done = handled(NOTED, "done")
        with capture_logs() as lines:
            for _ in range(5):
                await send(channel, noted())
                await client.request(ReadNotes(subject_id=uuid4()))
            await until_handled(NOTED, "done", done + 5)
        records = [record for record in caplog.records if not record.name.startswith("httpx")]
    assert [line for line in lines if line["event"] not in BY_THE_CLOCK] == []
    assert [(record.name, record.getMessage()) for record in records] == []
