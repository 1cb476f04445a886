"""Every exchange, queue, binding and policy, declared in one step before any service starts.

An event published while a service has never run is then waiting for it. What may change over time
(limits, times to live) stands in policies: a queue's arguments can never be changed later.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import aio_pika
import httpx
from aio_pika import ExchangeType
from aio_pika.abc import AbstractConnection, AbstractQueue
from aio_pika.exceptions import ChannelPreconditionFailed

from shared.messaging.router import EventHandler
from shared.messaging.sender_accounts import Question
from shared.settings import LOOPBACK

EVENTS = "lethe.events"
UNROUTED = "lethe.unrouted"
REACTS = ".on."
"""Between a service's name and what it reacts to, in the name of a queue."""
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Tier:
    name: str
    wait_ms: int


TIERS = (
    Tier("lethe.retry.5s", 5_000),
    Tier("lethe.retry.30s", 30_000),
    Tier("lethe.retry.5min", 300_000),
    Tier("lethe.retry.1h", 3_600_000),
)

# A crash loop returns a message without any attempt being counted by us; so does every redelivery
# while a consumer waits half an hour for its database. The limit is far above both.
DELIVERY_LIMIT = 200
# A reaction that is down for long: then its publishers keep what it does not take, in their outbox.
QUEUE_LENGTH = 1_000_000
LOOKED_AT = 1_000_000_000
UNROUTED_LENGTH = 100_000


class TopologyError(Exception):
    """The broker holds something that differs from what the contracts say."""


def dead_letters(service: str) -> str:
    return f"{service}.dead-letters"


def requests_queue(service: str) -> str:
    return f"{service}.requests"


def asks(asker: str) -> str:
    """The exchange into which an account puts its requests: bound by type to those who answer it."""
    return f"{asker}.asks"


def answers(service: str) -> str:
    """The exchange from which a service takes the requests that it answers."""
    return f"{service}.answers"


async def declare(
    amqp_url: str, handlers: Iterable[EventHandler], services: Iterable[str], questions: Iterable[Question] = ()
) -> None:
    """Declare what the event handlers and the askers need.

    Raises TopologyError when something exists in another shape.
    """
    connection = await aio_pika.connect(amqp_url, timeout=TIMEOUT_S)
    async with connection:
        await _declare_exchanges(connection)
        names = sorted(set(services))
        await _each(_declare_exchange(connection, answers(name), ExchangeType.FANOUT) for name in names)
        await _each(_declare_queue(connection, dead_letters(name)) for name in names)
        await _each(_declare_reaction(connection, handler) for handler in handlers)
        await _bind_questions(connection, list(questions))


async def _each(declarations: Iterable[Awaitable[Any]]) -> None:
    """One beside the other: the broker takes 20 ms for a quorum queue, and most of them it waits."""
    waiting = [asyncio.ensure_future(declaration) for declaration in declarations]
    try:
        await asyncio.gather(*waiting)
    finally:  # the first one that is refused ends the others
        for each in waiting:
            each.cancel()


async def _declare_reaction(connection: AbstractConnection, handler: EventHandler) -> None:
    queue = await _declare_queue(connection, handler.queue)
    await queue.bind(EVENTS, handler.contract.type, timeout=TIMEOUT_S)


async def _bind_questions(connection: AbstractConnection, questions: Sequence[Question]) -> None:
    askers = sorted({question.asker for question in questions})
    await _each(_declare_exchange(connection, asks(asker), ExchangeType.DIRECT) for asker in askers)
    channel = await connection.channel()
    owners = {
        question.owner: await channel.get_exchange(answers(question.owner), ensure=False) for question in questions
    }
    await _each(owners[q.owner].bind(asks(q.asker), q.type, timeout=TIMEOUT_S) for q in questions)


async def _declare_exchanges(connection: AbstractConnection) -> None:
    await _each(_declare_waiting_room(connection, name) for name in (UNROUTED, *(tier.name for tier in TIERS)))
    await _declare_exchange(connection, EVENTS, ExchangeType.TOPIC, {"alternate-exchange": UNROUTED})


async def _declare_waiting_room(connection: AbstractConnection, name: str) -> None:
    await _declare_exchange(connection, name, ExchangeType.FANOUT)
    queue = await _declare_queue(connection, name)
    await queue.bind(name, timeout=TIMEOUT_S)


async def _declare_exchange(
    connection: AbstractConnection, name: str, kind: ExchangeType, arguments: dict[str, Any] | None = None
) -> None:
    channel = await connection.channel()
    try:
        await channel.declare_exchange(name, kind, durable=True, arguments=arguments, timeout=TIMEOUT_S)
    except ChannelPreconditionFailed as error:
        raise TopologyError(
            f"exchange {name} exists with other properties than a durable {kind} one; delete it and declare again"
        ) from error


QUORUM: dict[str, Any] = {"x-queue-type": "quorum"}


async def _declare_queue(connection: AbstractConnection, name: str) -> AbstractQueue:
    channel = await connection.channel()  # a refused declaration closes its channel
    try:
        return await channel.declare_queue(name, durable=True, arguments=QUORUM, timeout=TIMEOUT_S)
    except ChannelPreconditionFailed as error:
        raise TopologyError(
            f"queue {name} exists with other properties than a durable quorum queue; "
            f"empty it, delete it and declare again"
        ) from error


def policies(services: Sequence[str], waits_ms: dict[str, int] | None = None) -> dict[str, dict[str, Any]]:
    """The broker policies by name; `waits_ms` replaces the tiers' waiting times (tests shorten them)."""
    waits = {tier.name: tier.wait_ms for tier in TIERS} | (waits_ms or {})
    policies = {
        f"lethe-{name}": _policy(
            f"^{name.replace('.', '[.]')}$",
            {
                "message-ttl": wait,
                "dead-letter-exchange": "",
                "dead-letter-strategy": "at-least-once",
                "overflow": "reject-publish",
            },
        )
        for name, wait in waits.items()
    }
    # whoever looks at them delivers them: RabbitMQ 4 drops what was looked at 20 times
    unrouted = {"max-length": UNROUTED_LENGTH, "delivery-limit": LOOKED_AT}
    policies["lethe-unrouted"] = _policy("^lethe[.]unrouted$", unrouted)
    policies["lethe-dead-letters"] = _policy("[.]dead-letters$", {"delivery-limit": LOOKED_AT})
    for service in services:
        policies[f"lethe-{service}"] = _policy(
            f"^{service}[.]on[.]",
            {
                "delivery-limit": DELIVERY_LIMIT,
                "dead-letter-exchange": "",
                "dead-letter-routing-key": dead_letters(service),
                "dead-letter-strategy": "at-least-once",
                "max-length": QUEUE_LENGTH,
                "overflow": "reject-publish",
            },
        )
    return policies


def _policy(pattern: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {"pattern": pattern, "definition": definition, "apply-to": "queues", "priority": 0}


async def set_policies(
    management_url: str, virtual_host: str, services: Sequence[str], waits_ms: dict[str, int] | None = None
) -> None:
    """Write the policies through the management API. Raises httpx.HTTPError when it refuses."""
    async with management(management_url) as api:
        for name, policy in policies(services, waits_ms).items():
            answer = await api.put(f"/api/policies/{quote(virtual_host, safe='')}/{name}", json=policy)
            answer.raise_for_status()


@cache
def _tls() -> ssl.SSLContext:
    """Whom the machine believes: reading that takes longer than most questions."""
    return httpx.create_ssl_context()


def management(url: str) -> httpx.AsyncClient:
    """A client of RabbitMQ's management API; `url` carries the credentials."""
    parts = urlsplit(url)
    return httpx.AsyncClient(
        base_url=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        auth=(unquote(parts.username or ""), unquote(parts.password or "")),
        timeout=TIMEOUT_S,
        verify=_tls(),
        trust_env=parts.hostname not in LOOPBACK,  # a proxy for the world knows nothing of this machine
    )
