"""Nobody speaks for another: the broker vouches for the account, the receiver compares it with the type's owner."""

from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.exceptions import ChannelPreconditionFailed

from shared.database import Transaction
from shared.messaging.sender_accounts import account
from tests.harness import Harness, eventually
from tests.sample.contracts import ThingNoted
from tests.sample.harness import publishing, reacting
from tests.sample.script import NOTED, dead_letter, noted

Taken = list[ThingNoted]


@pytest.fixture
async def taken(harness: Harness) -> AsyncIterator[Taken]:
    """What the sample's handler took while the test ran."""
    heard: Taken = []

    async def note(event: ThingNoted, tx: Transaction) -> None:
        heard.append(event)

    async with harness.serve(reacting(note)):
        yield heard


async def put(url: str, exchange: str, key: str, user_id: str | None) -> None:
    """Publish an event of the sample's through one account, in the name of another or of nobody."""
    connection = await aio_pika.connect(url, timeout=60)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        message = aio_pika.Message(
            noted().model_dump_json().encode(), message_id=str(uuid4()), type=ThingNoted.type, user_id=user_id
        )
        if exchange:
            await (await channel.get_exchange(exchange, ensure=False)).publish(message, key, timeout=60)
        else:
            await channel.default_exchange.publish(message, key, timeout=60)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("exchange", ["", "lethe.retry.5s"])
async def test_a_service_that_goes_round_the_exchange_is_not_believed(
    harness: Harness, taken: Taken, exchange: str, named: bool
) -> None:
    """Into a queue, or into a retry tier."""
    impostor = harness.amqp["marketing"]
    await put(impostor, exchange, NOTED, account(impostor) if named else None)
    async with publishing(harness) as channel:
        letter = await dead_letter(channel)
    assert letter.headers["x-reason"] == "sent by an account that may not speak for its type's owner"
    assert taken == []


async def test_the_broker_refuses_a_borrowed_name(harness: Harness, taken: Taken) -> None:
    with pytest.raises(ChannelPreconditionFailed):
        await put(harness.amqp["marketing"], "", NOTED, account(harness.amqp["sample"]))
    assert taken == []


@pytest.mark.parametrize("exchange", ["lethe.events", "lethe.retry.5s"])
async def test_the_owner_and_the_receiver_are_believed(harness: Harness, taken: Taken, exchange: str) -> None:
    url = harness.amqp["sample"]
    await put(url, exchange, ThingNoted.type if exchange == "lethe.events" else NOTED, account(url))

    await eventually(lambda: len(taken) == 1)


async def test_an_operator_is_believed(harness: Harness, taken: Taken) -> None:
    """Who replays dead letters and can change every account anyway."""
    await put(harness.admin_amqp, "", NOTED, account(harness.admin_amqp))

    await eventually(lambda: len(taken) == 1)
