"""Answers go unconfirmed over a channel of their own: what ends it costs the answers on it and none that come later."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from shared.messaging.publisher import Publisher
from shared.messaging.request_client import REPLY_TO, RequestClient
from tests.harness import Harness, eventually
from tests.sample.contracts import ReadNotes
from tests.sample.harness import alone

NOTHING = aio_pika.Message(b"")


async def the_broker_closes_it(harness: Harness, publisher: Publisher) -> None:
    channel: Any = publisher._answers
    nowhere = await channel.get_exchange("nowhere", ensure=False)
    await nowhere.publish(NOTHING, "nobody", mandatory=False)
    await eventually(lambda: channel.is_closed)


async def its_connection_ends(harness: Harness, publisher: Publisher) -> None:
    connection: Any = publisher._connection
    await connection.close()


async def the_asker_is_gone(harness: Harness, publisher: Publisher) -> None:
    """Whose address for answers, made by the broker, ends with the channel that asked."""
    async with await aio_pika.connect(harness.admin_amqp, timeout=60) as connection:
        channel = await connection.channel()
        answers = await channel.get_queue(REPLY_TO, ensure=False)
        await answers.consume(unread, no_ack=True)
        asked = await channel.declare_queue(exclusive=True)
        await channel.default_exchange.publish(aio_pika.Message(b"", reply_to=REPLY_TO), asked.name)
        question = await asked.get(no_ack=True, timeout=60)
    await publisher.answer(question.reply_to or "", NOTHING)


async def unread(_: Any) -> None:
    """Listen, as who asks must."""


@pytest.mark.parametrize("end", [the_broker_closes_it, its_connection_ends, the_asker_is_gone])
async def test_answers_go_on(
    harness: Harness, client: RequestClient, end: Callable[[Harness, Publisher], Awaitable[None]]
) -> None:
    async with harness.serve(alone()) as resources:
        publisher = resources["sample"].publisher
        assert (await client.request(ReadNotes(subject_id=uuid4()), timeout_s=60)).texts == ()
        await end(harness, publisher)
        assert (await client.request(ReadNotes(subject_id=uuid4()), timeout_s=60)).texts == ()


async def test_an_error_on_the_answers_does_not_stop_what_is_published(harness: Harness, client: RequestClient) -> None:
    async with harness.serve(alone()) as resources:
        publisher = resources["sample"].publisher
        await client.request(ReadNotes(subject_id=uuid4()), timeout_s=60)
        confirmed = await publisher.channel()
        await the_broker_closes_it(harness, publisher)
        assert await publisher.channel() is confirmed
        assert not confirmed.is_closed
