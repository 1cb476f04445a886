"""The messages that a service gave up: looked at, sent back to where they failed, or dropped.

Looking takes them off the queue unacknowledged and lets go of the connection, which puts them back.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity

from shared.clock import now
from shared.messaging.publisher import CONNECT_TIMEOUT_S, PUBLISH_TIMEOUT_S
from shared.messaging.retry import ATTEMPT, FAILED_AT, FAULT, ORIGIN, REASON, copied
from shared.messaging.sender_accounts import account
from shared.messaging.topology import dead_letters

MOST = 10_000
"""How many letters are looked at in one go."""

# What is left behind when a letter goes back: it starts afresh.
OF_THE_FAILURE = frozenset((ATTEMPT, REASON, ORIGIN, FAILED_AT, FAULT, "x-death", "x-delivery-count"))
OF_THE_BROKER = ("x-first-death-", "x-last-death-")
LIMIT_REACHED = "delivery_limit"


@dataclass(frozen=True)
class DeadLetter:
    """One message that was given up, and why. The body holds ids only, and is still not shown by accident."""

    service: str
    message_id: str
    type: str
    reason: str
    origin: str
    attempt: int
    fault: str
    failed_at: datetime | None
    body: str = field(repr=False)

    @property
    def age_s(self) -> float | None:
        return (now() - self.failed_at).total_seconds() if self.failed_at else None

    def facts(self) -> dict[str, Any]:
        document = asdict(self) | {"failed_at": self.failed_at and self.failed_at.isoformat(), "age_s": self.age_s}
        del document["body"]
        return document


class QueueGone(LookupError):
    """The broker has no such queue; the message is its name."""


Pick = Callable[[DeadLetter], bool]


@dataclass(frozen=True)
class Replayed:
    """Which letters went back, and which stayed because nobody takes them where they came from."""

    sent: Sequence[DeadLetter]
    stayed: Sequence[DeadLetter]


async def letters(url: str, service: str) -> list[DeadLetter]:
    """What a service gave up, oldest first. Raises OSError or AMQPError when the broker can't be reached."""
    async with _held(url, service) as (_, held):
        return [letter for letter, _ in held]


async def replay(url: str, service: str, pick: Pick) -> Replayed:
    """Send the picked letters back to their queues as if they came for the first time.

    A letter is removed only after the broker has confirmed its copy; a copy too many is absorbed by the inbox.
    """
    sent: list[DeadLetter] = []
    stayed: list[DeadLetter] = []
    async with _held(url, service) as (channel, held):
        for letter, message in held:
            if pick(letter):
                gone = await _send_back(channel, account(url), letter, message)
                (sent if gone else stayed).append(letter)
    return Replayed(sent, stayed)


async def drop(url: str, service: str, pick: Pick) -> list[DeadLetter]:
    async with _held(url, service) as (_, held):
        dropped = [(letter, message) for letter, message in held if pick(letter)]
        for _, message in dropped:
            await message.ack()
        return [letter for letter, _ in dropped]


Held = list[tuple[DeadLetter, AbstractIncomingMessage]]


@contextlib.asynccontextmanager
async def _held(url: str, service: str) -> AsyncIterator[tuple[AbstractChannel, Held]]:
    connection = await aio_pika.connect(url, timeout=CONNECT_TIMEOUT_S)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        try:
            queue = await channel.declare_queue(dead_letters(service), passive=True, timeout=CONNECT_TIMEOUT_S)
        except ChannelNotFoundEntity:
            raise QueueGone(dead_letters(service)) from None
        held: Held = []
        while len(held) < MOST and (message := await queue.get(fail=False, timeout=CONNECT_TIMEOUT_S)):
            held.append((_read(service, message), message))
        yield channel, held


async def _send_back(
    channel: AbstractChannel, operator: str, letter: DeadLetter, message: AbstractIncomingMessage
) -> bool:
    headers = {name: value for name, value in message.headers.items() if _of_the_sender(name)}
    copy = copied(message, headers, operator)
    try:
        await channel.default_exchange.publish(copy, letter.origin, mandatory=True, timeout=PUBLISH_TIMEOUT_S)
    except AMQPError:
        return False
    await message.ack()
    return True


def _of_the_sender(header: str) -> bool:
    return header not in OF_THE_FAILURE and not header.startswith(OF_THE_BROKER)


def _read(service: str, message: AbstractIncomingMessage) -> DeadLetter:
    """A letter, given up by us or, after too many deliveries without an end, by the broker."""
    headers = message.headers
    death = _last_death(headers)
    attempt = headers.get(ATTEMPT, 0)
    return DeadLetter(
        service=service,
        message_id=message.message_id or "",
        type=message.type or "",
        reason=str(headers.get(REASON) or death.get("reason", "")),
        origin=str(headers.get(ORIGIN) or death.get("queue", "")),
        attempt=attempt if isinstance(attempt, int) else 0,
        fault=str(headers.get(FAULT, "")),
        failed_at=_moment(headers.get(FAILED_AT) or death.get("time")),
        body=message.body.decode(errors="replace"),
    )


def _last_death(headers: Any) -> dict[str, Any]:
    """Where the broker itself gave the message up; its stays in the retry tiers are no deaths of interest."""
    deaths = [d for d in headers.get("x-death") or () if isinstance(d, dict) and d.get("reason") == LIMIT_REACHED]
    return deaths[0] if deaths else {}


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None
