"""A connection for publishing that is rebuilt on demand: the caller repeats a failed publish."""

import asyncio
import contextlib
from collections.abc import Iterator
from time import monotonic
from typing import cast

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import (
    AMQPError,
    ChannelClosed,
    ChannelInvalidStateError,
    ChannelNotFoundEntity,
    DeliveryError,
    PublishError,
)
from aiormq.exceptions import ConnectionFrameError, ConnectionNotAllowed, ConnectionSyntaxError

from shared.messaging.sender_accounts import account

CONNECT_TIMEOUT_S = 5.0
PUBLISH_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 5.0
REST_S = 0.5

UNREACHABLE = (OSError, TimeoutError, AMQPError, ChannelInvalidStateError)
"""How a broker that is away, or a message that it did not take, shows itself."""

NACKED, UNROUTABLE, UNCONFIRMED = "nacked", "unroutable", "unconfirmed"
PASSING = frozenset((NACKED, UNROUTABLE, UNCONFIRMED))
"""Refusals that may pass by themselves: a queue at its limit, a binding that is missing, a queue without its quorum."""
CLOSED_FOR_THIS = (ChannelClosed, ConnectionFrameError, ConnectionSyntaxError, ConnectionNotAllowed)


def refusal(error: BaseException, *, alone: bool) -> str | None:
    """Why the broker did not take this one message, in a word; None when others would have fared no better.

    A broker that closes the channel over a message (too large, a property it does not allow) fails all that are in
    flight on it: only of a message that was `alone` is it known that it was the cause. A missing exchange is nobody's.
    """
    if isinstance(error, DeliveryError):
        return UNROUTABLE if isinstance(error, PublishError) else NACKED
    if isinstance(error, CLOSED_FOR_THIS) and not isinstance(error, ChannelNotFoundEntity):
        return type(error).__name__ if alone else None
    return None if isinstance(error, UNREACHABLE) else type(error).__name__


class Publisher:
    """One AMQP channel with confirms on a connection of its own.

    Consumers live elsewhere: a channel error of theirs must not stop what we publish, and the other
    way round. Nothing is replayed after a reconnect, the outbox does that.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name, self.account = url, name, account(url)
        self._lock = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._answers: AbstractChannel | None = None
        self._rests_until = 0.0

    async def channel(self) -> AbstractChannel:
        """An open channel. Raises OSError, TimeoutError or AMQPError when the broker can't be reached."""
        async with self._lock:
            if self._channel is None or self._channel.is_closed:
                if monotonic() < self._rests_until:
                    raise ConnectionError("the broker did not answer a moment ago")
                try:
                    self._channel = await self._open()
                except TimeoutError:  # callers queued on the lock share one connect timeout
                    self._rests_until = monotonic() + REST_S
                    raise
            return self._channel

    async def _open(self) -> AbstractChannel:
        await self._drop()
        with losing_is_an_error():
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                self._connection = await aio_pika.connect(
                    self._url, timeout=CONNECT_TIMEOUT_S, client_properties={"connection_name": self._name}
                )
                channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
                await self.opened(channel)
        return channel

    async def opened(self, channel: AbstractChannel) -> None:
        """What else a fresh channel needs."""

    async def publish(self, exchange: str, routing_key: str, message: aio_pika.Message) -> None:
        """Publish mandatory, confirmed and in the name of the connection's account.

        Raises when the broker did not take responsibility.
        """
        channel = await self.channel()
        message.user_id = self.account
        await _send(channel, exchange, routing_key, message, mandatory=True, timeout_s=PUBLISH_TIMEOUT_S)

    async def answer(self, reply_to: str, message: aio_pika.Message) -> None:
        """Send an answer to who waits for it, without a confirm: one that is lost is seen by the asker's deadline.

        Not mandatory either: a direct reply is delivered and, with it on, returned as unroutable as well. Raises
        when there is no channel to the broker.
        """
        channel = await self._answering()
        await _send(channel, "", reply_to, message, mandatory=False, timeout_s=ANSWER_TIMEOUT_S)

    async def _answering(self) -> AbstractChannel:
        if self._answers is None or self._answers.is_closed:
            await self.channel()  # which connects, and forgets what was open before
            async with self._lock:
                if self._connection is None:
                    raise ConnectionError("the connection was closed a moment ago")
                self._answers = await self._connection.channel(publisher_confirms=False)
        return self._answers

    async def close(self) -> None:
        async with self._lock:
            await self._drop()

    async def _drop(self) -> None:
        connection, self._connection, self._channel, self._answers = self._connection, None, None, None
        if connection is not None and not connection.is_closed:
            await connection.close()


async def _send(
    channel: AbstractChannel,
    exchange: str,
    routing_key: str,
    message: aio_pika.Message,
    *,
    mandatory: bool,
    timeout_s: float,
) -> None:
    """Publish, and wait for the broker's word on a channel with confirms.

    Not by aio_pika's `Exchange`, which waits until the frame has left before anything else may be sent on the channel:
    a wait and a turn of the loop per message. What is on its way is bounded by who waits for confirms or answers.
    """
    sending = cast("aiormq.Channel", await channel.get_underlay_channel())
    with losing_is_an_error():
        await sending.basic_publish(
            message.body,
            exchange=exchange,
            routing_key=routing_key,
            properties=message.properties,
            mandatory=mandatory,
            timeout=timeout_s,
            wait=False,
        )


@contextlib.contextmanager
def losing_is_an_error() -> Iterator[None]:
    """Tell a connection that is gone from a caller who gives up. Raises ConnectionError for the former.

    Where aiormq's reader of a connection is cancelled (a full queue of frames when the broker hangs up), it ends with
    CancelledError whatever waits for the broker: a loop that took it for its own would stop for good.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    except asyncio.CancelledError:
        if task is None or task.cancelling() > before:
            raise
        raise ConnectionError("the connection was lost while the broker was asked") from None
