"""Defaults of FastStream, aio-pika and asyncpg that would lose messages, told by what our wrapper does instead.

An upgrade that changes one of them fails here. What only shows in an outage is in test_outages, what
concerns the envelope in test_outbox, requests in test_requests.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError
from faststream.exceptions import AckMessage, NackMessage, RejectMessage, SkipMessage, StopConsume
from faststream.rabbit import RabbitBroker
from faststream.rabbit.subscriber.usecase import RabbitSubscriber

from deploy.local.servers import Servers
from shared.contracts.message import Event
from shared.database import Transaction
from shared.messaging import broker as brokers
from shared.messaging.consumer import Consumer
from shared.messaging.publisher import UNREACHABLE, Publisher
from shared.messaging.request_server import RequestServer
from shared.messaging.retry import retry_later
from shared.messaging.topology import EVENTS
from tests.harness import PATIENCE_S, Harness, eventually
from tests.sample.cable import cable
from tests.sample.contracts import NoteKept, ReceiptMade, ThingNoted
from tests.sample.harness import depth, handled, publishing, reacting, sample_harness, send, until_handled
from tests.sample.script import NOTE, NOTED, Script, noted


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with sample_harness(servers) as module_harness:
        yield module_harness


@pytest.fixture
async def channel(harness: Harness) -> AsyncIterator[AbstractChannel]:
    async with publishing(harness) as opened:
        yield opened


@pytest.fixture
async def publisher(harness: Harness) -> AsyncIterator[Publisher]:
    sample_publisher = Publisher(harness.amqp["sample"], "test")
    yield sample_publisher
    await sample_publisher.close()


async def test_what_nobody_takes_is_an_error(publisher: Publisher) -> None:
    """aio-pika returns an unroutable message as an answer unless the channel is told to raise."""
    with pytest.raises(DeliveryError):
        await publisher.publish("", "nobody.is.here", Message(b"{}"))


async def test_an_error_of_a_channel_ends_with_it(
    publisher: Publisher, channel: AbstractChannel, harness: Harness
) -> None:
    """A missing exchange closes the channel for everybody on it: the next publish gets a fresh one."""
    with pytest.raises(UNREACHABLE):
        await publisher.publish("no.such.exchange", "x", Message(b"{}"))
    before = await depth(harness, "sample.dead-letters")
    await publisher.publish("", "sample.dead-letters", Message(b"{}"))
    assert await depth(harness, "sample.dead-letters") == before + 1
    await (await channel.get_queue("sample.dead-letters", ensure=False)).purge()


async def on_its_way(underlay: Any) -> None:
    """Until a message has left and its confirm has not come: between two turns of the loop."""
    for _ in range(1000):
        if underlay.confirmations:
            return
        await asyncio.sleep(0)


async def test_a_connection_that_ends_cancels_nobody(publisher: Publisher) -> None:
    """aiormq hands CancelledError to all who wait when its reader was cancelled: a loop would stop for good."""
    underlay: Any = await (await publisher.channel()).get_underlay_channel()
    publishing_it = asyncio.create_task(publisher.publish("", "sample.dead-letters", Message(b"{}")))
    await on_its_way(underlay)
    for confirmation in underlay.confirmations.values():
        confirmation.set_exception(asyncio.CancelledError())
    with pytest.raises(UNREACHABLE, match="was lost"):
        await publishing_it


async def test_who_gives_up_publishing_is_cancelled(publisher: Publisher) -> None:
    underlay: Any = await (await publisher.channel()).get_underlay_channel()
    publishing_it = asyncio.create_task(publisher.publish("", "sample.dead-letters", Message(b"{}")))
    await on_its_way(underlay)
    publishing_it.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing_it


async def test_publishing_while_disconnected_fails_soon_and_recovers(harness: Harness) -> None:
    """It used to hang for ever (aio-pika#556): the relay repeats what raises."""
    async with cable(harness.amqp["sample"]) as line:
        publisher = Publisher(line.url, "test")
        await publisher.publish(EVENTS, "sample.nothing.v1", Message(b"{}"))
        line.cut()
        for _ in range(3):
            with pytest.raises(UNREACHABLE):
                await asyncio.wait_for(publisher.publish(EVENTS, "sample.nothing.v1", Message(b"{}")), PATIENCE_S)
        await line.mend()
        await publisher.publish(EVENTS, "sample.nothing.v1", Message(b"{}"))
        await publisher.close()


async def test_no_more_than_the_prefetch_is_at_work(harness: Harness, channel: AbstractChannel) -> None:
    """Without a prefetch FastStream starts a handler for every waiting message (660 of 1,000: seen)."""
    inside, most, door = 0, 0, asyncio.Event()

    async def wait(event: ThingNoted) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await door.wait()
        inside -= 1

    done = handled(NOTED, "done")
    for _ in range(20):
        await send(channel, noted())
    few = replace(harness, settings=harness.settings | {"prefetch": 3})
    async with few.serve(_without_transaction(wait)):
        await eventually(lambda: inside == 3)
        assert await depth(harness, NOTED) == 17
        door.set()
        await until_handled(NOTED, "done", done + 20)
    assert most == 3


def _without_transaction(handler: Any) -> Any:
    async def handle(event: ThingNoted, tx: Transaction) -> None:
        await handler(event)

    return reacting(handle)


def built(url: str, take: Any, *contracts: type[Event]) -> RabbitBroker:
    """Our broker around consumers of the test's own."""
    handlers = [reacting(take, contract).router.event_handlers[0] for contract in contracts or (ThingNoted,)]
    consumers = [cast("Consumer", SimpleNamespace(handler=handler, take=take)) for handler in handlers]
    nothing = RequestServer("sample", {}, cast("Any", None), cast("Any", None), {}, asyncio.Semaphore())
    return brokers.build(url, "sample", consumers, nothing, 4, 1.0)


async def test_a_delivery_that_ends_in_an_exception_is_not_lost(
    harness: Harness, channel: AbstractChannel, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """FastStream rejects by default, which without a dead letter exchange is loss; and it logs the message's text."""
    caplog.set_level(logging.DEBUG)
    taken = asyncio.Event()

    async def take(_message: AbstractIncomingMessage) -> None:
        taken.set()
        raise ValueError("Kanarkowska")

    broker = built(harness.amqp["sample"], take)
    await broker.start()
    await send(channel, noted())
    await asyncio.wait_for(taken.wait(), PATIENCE_S)
    await broker.stop()
    queue = await channel.get_queue(NOTED, ensure=False)

    assert await eventually(lambda: queue.get(fail=False, no_ack=True, timeout=60))
    assert "Kanarkowska" not in caplog.text + "".join(capfd.readouterr())


async def acknowledge(message: AbstractIncomingMessage) -> None:
    await message.ack()


async def test_every_subscriber_has_a_channel_of_its_own(harness: Harness) -> None:
    """One channel for all is the default: an error on it is everybody's end, the prefetch is shared."""
    broker = built(harness.amqp["sample"], acknowledge, ThingNoted, ReceiptMade)
    await brokers.start(broker)
    assert len({id(cast("Any", subscriber)._queue_obj.channel) for subscriber in broker.subscribers}) == 2
    await broker.stop()


async def test_a_missing_queue_is_noticed_and_not_made_anew(harness: Harness) -> None:
    """FastStream declares what it consumes from, in its own shape, unless told not to."""
    name = "sample.on.sample.note-kept"
    broker = built(harness.admin_amqp, acknowledge, NoteKept)
    with pytest.raises(brokers.QueueMissing, match=name):
        await brokers.start(broker)
    await broker.stop()
    async with publishing(harness) as channel:
        with pytest.raises(ChannelNotFoundEntity):
            await channel.declare_queue(name, passive=True)


async def test_readiness_notices_a_consumer_that_is_gone(harness: Harness) -> None:
    """FastStream's ping only looks at the connection (faststream#2758)."""
    async with cable(harness.amqp["sample"]) as line:
        broker = built(line.url, acknowledge)
        assert not brokers.consuming(broker)
        await brokers.start(broker)
        assert brokers.consuming(broker)
        line.cut()

        await eventually(lambda: not brokers.consuming(broker))
        await line.mend()

        await eventually(lambda: brokers.consuming(broker))
        await broker.stop()
        assert not brokers.consuming(broker)


@pytest.mark.parametrize("verdict", [StopConsume, AckMessage, NackMessage, RejectMessage, SkipMessage])
async def test_no_exception_of_the_library_decides_for_us(
    harness: Harness, channel: AbstractChannel, verdict: type[Exception]
) -> None:
    """In FastStream these stop the consumer or settle the message behind our back."""
    script = Script(verdict())
    await script.play(harness, channel)
    assert script.attempts == [1, 2]


@pytest.fixture
def leave(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once a service that ends takes nothing any more."""
    draining, stop = asyncio.Event(), RabbitSubscriber.stop

    async def stopping(subscriber: Any) -> None:
        if subscriber.queue.name == NOTED:
            asyncio.get_running_loop().call_soon(draining.set)  # when what follows waits for who is at work
        await stop(subscriber)

    monkeypatch.setattr(RabbitSubscriber, "stop", stopping)
    return draining


async def test_what_is_in_hand_at_the_end_is_finished(
    harness: Harness, channel: AbstractChannel, leave: asyncio.Event
) -> None:
    """Draining: the handler ends, its effect is committed and acknowledged, and nothing comes back."""
    entered = asyncio.Event()

    async def slowly(event: ThingNoted, tx: Transaction) -> None:
        entered.set()
        await leave.wait()
        await tx.run(NOTE, event.note_id, event.subject_id)

    event, done = noted(), handled(NOTED, "done")
    async with harness.serve(reacting(slowly)):
        await send(channel, event)
        await asyncio.wait_for(entered.wait(), PATIENCE_S)
    assert handled(NOTED, "done") == done + 1
    async with harness.superuser("sample") as connection:
        assert await connection.fetchval("SELECT count(*) FROM note WHERE note_id = $1", event.note_id) == 1
    assert await depth(harness, NOTED) == 0


async def test_what_was_fetched_ahead_comes_back_at_the_end(
    harness: Harness, channel: AbstractChannel, leave: asyncio.Event
) -> None:
    """Delivered while draining, neither run nor acknowledged: redelivered to the next process, once each."""
    entered = asyncio.Event()

    async def slowly(event: ThingNoted, tx: Transaction) -> None:
        entered.set()
        await leave.wait()

    done = handled(NOTED, "done")
    for _ in range(12):
        await send(channel, noted())
    few = replace(harness, settings=harness.settings | {"prefetch": 2})
    async with few.serve(reacting(slowly)):
        await asyncio.wait_for(entered.wait(), PATIENCE_S)
    assert 2 <= handled(NOTED, "done") - done < 12
    async with harness.serve(reacting(slowly)):
        await until_handled(NOTED, "done", done + 12)
    assert handled(NOTED, "done") == done + 12
    assert await depth(harness, NOTED) == 0


async def test_a_copy_is_persistent_and_leaves_the_original_alone(
    publisher: Publisher, channel: AbstractChannel
) -> None:
    """Headers are shared and changed along FastStream's way; transient is its default."""
    await send(channel, noted(), headers={"subject": "kept"})
    queue = await channel.get_queue(NOTED, ensure=False)
    message = await queue.get(timeout=60)
    assert message is not None
    before = dict(message.headers)
    await retry_later(publisher, NOTED, message, ValueError())
    assert message.headers == before
    await message.ack()

    copy = await eventually(lambda: queue.get(fail=False, no_ack=True, timeout=60))
    assert (copy.message_id, copy.body, copy.type) == (message.message_id, message.body, message.type)
    assert copy.delivery_mode == DeliveryMode.PERSISTENT
    assert (copy.headers["x-attempt"], copy.headers["subject"]) == (1, "kept")
