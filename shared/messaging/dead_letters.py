"""The messages that a service gave up, and those that nobody takes: looked at, sent back, or dropped.

Each place of theirs is the name of a service, or `unrouted`. Looking takes them off the queue unacknowledged and
lets go of the connection, which puts them back.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
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
from shared.messaging.topology import EVENTS, UNROUTED, dead_letters
from shared.tracing import linked_trace

MOST = 10_000
"""How many letters are looked at in one go."""

# What is left behind when a letter goes back: it starts afresh.
OF_THE_FAILURE = frozenset((ATTEMPT, REASON, ORIGIN, FAILED_AT, FAULT, "x-death", "x-delivery-count"))
TRACE, EARLIER_TRACE = "traceparent", "x-earlier-traceparent"
NOBODYS = "unrouted"
"""The place of what nobody takes."""
NOBODY_TAKES_IT = "nobody takes it"
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


async def letters(url: str, place: str) -> list[DeadLetter]:
    """What lies in a place, oldest first. Raises OSError or AMQPError when the broker can't be reached."""
    async with _held(url, place) as (_, held):
        return [letter for letter, _ in held]


async def replay(url: str, place: str, pick: Pick, *, most: int = MOST, rest_s: float = 0.0) -> Replayed:
    """Send the picked letters back as if they came for the first time, `most` of them, each after a rest.

    A letter is removed only after the broker has confirmed its copy; a copy too many is absorbed by the inbox.
    What comes back meanwhile is not sent again.
    """
    sent: list[DeadLetter] = []
    stayed: list[DeadLetter] = []
    async with _held(url, place) as (channel, held):
        for letter, message in [(letter, message) for letter, message in held if pick(letter)][:most]:
            if sent:
                await asyncio.sleep(rest_s)
            gone = await _send_back(channel, account(url), letter, message)
            (sent if gone else stayed).append(letter)
    return Replayed(sent, stayed)


Keep = Callable[[Sequence[DeadLetter]], Awaitable[None]]


async def drop(url: str, place: str, pick: Pick, keep: Keep) -> list[DeadLetter]:
    """Remove the picked letters, after `keep` has noted which; when it raises, nothing has been removed."""
    async with _held(url, place) as (_, held):
        dropped = [(letter, message) for letter, message in held if pick(letter)]
        await keep([letter for letter, _ in dropped])
        for _, message in dropped:
            await message.ack()
        return [letter for letter, _ in dropped]


def queue_of(place: str) -> str:
    return UNROUTED if place == NOBODYS else dead_letters(place)


Held = list[tuple[DeadLetter, AbstractIncomingMessage]]


@contextlib.asynccontextmanager
async def _held(url: str, place: str) -> AsyncIterator[tuple[AbstractChannel, Held]]:
    connection = await aio_pika.connect(url, timeout=CONNECT_TIMEOUT_S)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        try:
            queue = await channel.declare_queue(queue_of(place), passive=True, timeout=CONNECT_TIMEOUT_S)
        except ChannelNotFoundEntity:
            raise QueueGone(queue_of(place)) from None
        held: Held = []
        while len(held) < MOST and (message := await queue.get(fail=False, timeout=CONNECT_TIMEOUT_S)):
            held.append((_unrouted(message) if place == NOBODYS else _read(place, message), message))
        yield channel, held


async def _send_back(
    channel: AbstractChannel, operator: str, letter: DeadLetter, message: AbstractIncomingMessage
) -> bool:
    """To the queue that it came from, or to everybody again; its trace is new and says which was the old one."""
    headers = {name: value for name, value in message.headers.items() if _of_the_sender(name)}
    if earlier := headers.get(TRACE):
        headers |= {TRACE: linked_trace("replay", str(earlier)), EARLIER_TRACE: earlier}
    copy = copied(message, headers, operator)
    events = letter.origin == EVENTS
    exchange = await channel.get_exchange(EVENTS, ensure=False) if events else channel.default_exchange
    key = letter.type if events else letter.origin
    try:
        await exchange.publish(copy, key, mandatory=True, timeout=PUBLISH_TIMEOUT_S)
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


def _unrouted(message: AbstractIncomingMessage) -> DeadLetter:
    """An event that no queue was bound for; its owner is its service."""
    kind = message.type or ""
    return DeadLetter(
        service=kind.partition(".")[0],
        message_id=message.message_id or "",
        type=kind,
        reason=NOBODY_TAKES_IT,
        origin=EVENTS,
        attempt=0,
        fault="",
        failed_at=_moment(message.timestamp),
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
