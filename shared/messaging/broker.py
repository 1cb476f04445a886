"""FastStream, with the defaults that lose messages overridden in this one place.

Overridden: prefetch is set on a channel per subscriber (the default takes everything at once);
acknowledgement is ours (the default rejects, which without a dead letter exchange means loss);
nothing is declared here but the short-lived request queue; nothing is published through it;
types are not applied (reading a message from FastStream's context costs a thread hop each).
"""

import contextlib
from collections.abc import Awaitable, Callable, Container, Iterable
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, ChannelNotFoundEntity
from faststream.middlewares import AckPolicy
from faststream.rabbit import (
    Channel,
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitMessage,
    RabbitQueue,
)

from shared.lifecycle import CannotStart
from shared.messaging.batching import MAX_BATCH
from shared.messaging.consumer import Consumer
from shared.messaging.request_server import RequestServer
from shared.messaging.topology import answers, requests_queue

REQUEST_TTL_MS = 30_000
RECONNECT_S = 1.0
ANSWER_S = 10.0

Broker = RabbitBroker
"""What others hand on and never look into."""
Take = Callable[[AbstractIncomingMessage], Awaitable[None]]


def build(
    url: str, service: str, consumers: Iterable[Consumer], server: RequestServer, prefetch: int, drain_s: float
) -> RabbitBroker:
    """A broker whose subscribers hand every delivery to our own consumers."""
    broker = RabbitBroker(
        url,
        app_id=service,
        fail_fast=False,
        reconnect_interval=RECONNECT_S,
        graceful_timeout=drain_s,
        logger=None,
        apply_types=False,
        client_properties=None,
    )
    for consumer in consumers:
        queue = RabbitQueue(consumer.handler.queue, queue_type=QueueType.QUORUM, declare=False)
        # a batch at work, and the next one gathering
        most = max(prefetch, 2 * MAX_BATCH) if consumer.handler.batch else prefetch
        _subscribe(broker, queue, most, consumer.take, consumer.handler.handler.__doc__)
    if server.handlers:
        exchange = RabbitExchange(answers(service), type=ExchangeType.FANOUT, declare=False)
        _subscribe(broker, _request_queue(service), 4 * prefetch, server.take, "Requests", exchange)
    return broker


class QueueMissing(CannotStart):
    """A queue that this service takes from does not exist; the message names it."""


async def start(broker: RabbitBroker) -> None:
    """Connect and take. Raises QueueMissing: queues are declared before any service starts, not by services."""
    try:
        await broker.start()
    except ChannelNotFoundEntity as error:
        raise QueueMissing(f"{error}: `./lethe up` declares every queue before it starts the services") from error


def _request_queue(service: str) -> RabbitQueue:
    """Classic, so that no body reaches the disk; auto-delete, so that an absent service is unroutable."""
    return RabbitQueue(
        requests_queue(service),
        queue_type=QueueType.CLASSIC,
        durable=True,
        auto_delete=True,
        arguments={"x-message-ttl": REQUEST_TTL_MS},
    )


def _subscribe(
    broker: RabbitBroker,
    queue: RabbitQueue,
    prefetch: int,
    take: Take,
    about: str | None,
    exchange: RabbitExchange | None = None,
) -> None:
    async def consume(message: RabbitMessage) -> None:
        await take(message.raw_message)

    subscriber = broker.subscriber(
        queue,
        exchange,
        channel=Channel(prefetch_count=prefetch),
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
        decoder=_whole,
        title=queue.name,
        description=about,
    )
    subscriber(consume)


async def _whole(message: RabbitMessage, _original: Any) -> RabbitMessage:
    """Hand the message on as it is; contracts read the body themselves."""
    return message


async def stop_taking(broker: RabbitBroker, queue: str) -> None:
    """Tell the broker to deliver no more to one consumer; what it has delivered already is in hand."""
    subscriber = _subscriber(broker, queue)
    tag, subscriber._consumer_tag = subscriber._consumer_tag, None  # noqa: SLF001
    with contextlib.suppress(AMQPError, ChannelInvalidStateError):  # on a closed channel nothing is delivered anyway
        await subscriber._queue_obj.cancel(tag, timeout=ANSWER_S)  # noqa: SLF001


async def take_again(broker: RabbitBroker, queue: str) -> None:
    """Have the broker deliver to a consumer that was told to stop. FastStream's own stop forgets what is in hand."""
    subscriber = _subscriber(broker, queue)
    subscriber._consumer_tag = await subscriber._queue_obj.consume(subscriber.consume, timeout=ANSWER_S)  # noqa: SLF001


def takes(broker: RabbitBroker, queue: str) -> bool:
    return _subscriber(broker, queue)._consumer_tag is not None  # noqa: SLF001


def _subscriber(broker: RabbitBroker, queue: str) -> Any:
    subscribers: list[Any] = broker.subscribers
    return next(subscriber for subscriber in subscribers if subscriber.queue.name == queue)


def consuming(broker: RabbitBroker, resting: Container[str] = ()) -> bool:
    """Whether every subscriber has a consumer on an open channel, but those that rest on purpose.

    `ping` only looks at the connection: healthy while a consumer is missing (faststream#2758).
    """
    subscribers: list[Any] = broker.subscribers
    wanted = [subscriber for subscriber in subscribers if subscriber.queue.name not in resting]
    return bool(subscribers) and all(_delivered_to(subscriber) for subscriber in wanted)


def _delivered_to(subscriber: Any) -> bool:
    """Whether its channel is open and the broker has not ended its consumer, as it does with the queue."""
    queue = getattr(subscriber, "_queue_obj", None)
    if queue is None or queue.channel.is_closed or not (opened := queue.channel._channel):  # noqa: SLF001
        return False
    return getattr(subscriber, "_consumer_tag", None) in opened.channel.consumers
