"""Remove what a release dropped: bindings first, then each queue, emptied into the dead letters of its service.

Moved and not thrown away: whether the messages still matter is for a person to decide, with `./lethe dead-letters`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import aio_pika
import httpx
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from deploy.topology.actual import Actual, Queue
from deploy.topology.expected import Binding, Expected
from deploy.topology.findings import dropped, dropped_exchanges, foreign_bindings
from shared.clock import now
from shared.messaging.publisher import CONNECT_TIMEOUT_S, PUBLISH_TIMEOUT_S
from shared.messaging.retry import FAILED_AT, ORIGIN, REASON, copied
from shared.messaging.sender_accounts import account
from shared.messaging.topology import dead_letters

DROPPED = "nothing reacts to it any more"
OWN_POLICIES = "lethe-"


class StillUsed(Exception):
    """A queue that can't go yet; the message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What is to be removed."""

    bindings: Sequence[Binding]
    queues: Sequence[Queue]
    exchanges: Sequence[str]
    policies: Sequence[str]

    @property
    def is_empty(self) -> bool:
        return not (self.bindings or self.queues or self.exchanges or self.policies)


def plan(expected: Expected, actual: Actual) -> Plan:
    """Only what bears the name of a service of this release: another one's queues are its own business."""
    foreign = [name for name in actual.policies if name.startswith(OWN_POLICIES) and name not in expected.policies]
    exchanges = dropped_exchanges(expected, actual)
    return Plan(foreign_bindings(expected, actual), dropped(expected, actual), exchanges, sorted(foreign))


async def carry_out(amqp_url: str, api: httpx.AsyncClient, virtual_host: str, todo: Plan) -> int:
    """Remove it; answers how many messages were moved. Raises StillUsed before anything is changed."""
    moved = 0
    connection = await aio_pika.connect(amqp_url, timeout=CONNECT_TIMEOUT_S)
    async with connection:
        channel = await connection.channel(on_return_raises=True)
        for queue in todo.queues:
            await _require_unused(channel, queue.name)
        for binding in todo.bindings:
            fetch = channel.get_queue if binding.kind == "queue" else channel.get_exchange
            target = await fetch(binding.target, ensure=False)
            await target.unbind(binding.exchange, binding.key, timeout=CONNECT_TIMEOUT_S)
        for queue in todo.queues:
            moved += await _emptied(channel, account(amqp_url), queue.name)
        for exchange in todo.exchanges:
            await channel.exchange_delete(exchange, timeout=CONNECT_TIMEOUT_S)
    for name in todo.policies:
        place = f"/api/policies/{quote(virtual_host, safe='')}/{quote(name, safe='')}"
        (await api.delete(place)).raise_for_status()
    return moved


async def _emptied(channel: AbstractChannel, operator: str, name: str) -> int:
    """Move what is in a queue to its service's dead letters, then delete it.

    A quorum queue knows no deletion on the condition that it is empty; nothing is bound to it any more.
    """
    queue = await channel.get_queue(name, ensure=False)
    moved = 0
    while message := await queue.get(fail=False, timeout=CONNECT_TIMEOUT_S):
        await _move(channel, operator, name, message)
        moved += 1
    await queue.delete(if_unused=False, if_empty=False, timeout=CONNECT_TIMEOUT_S)
    return moved


async def _require_unused(channel: AbstractChannel, name: str) -> None:
    queue = await channel.declare_queue(name, passive=True, timeout=CONNECT_TIMEOUT_S)
    if consumers := queue.declaration_result.consumer_count:
        raise StillUsed(f"{name} has {consumers} consumers: stop the release that still reacts, then prune")


async def _move(channel: AbstractChannel, operator: str, name: str, message: AbstractIncomingMessage) -> None:
    why = {REASON: DROPPED, ORIGIN: name, FAILED_AT: now().isoformat()}
    copy = copied(message, {**message.headers, **why}, operator)
    target = dead_letters(name.partition(".")[0])
    await channel.default_exchange.publish(copy, target, mandatory=True, timeout=PUBLISH_TIMEOUT_S)
    await message.ack()
