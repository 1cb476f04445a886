"""`./lethe benchmark events`: what a reaction costs beside a bare FastStream consumer, taken in one run.

Measured is a real one: privacy's log of disclosures, message by message, and in batches as it is at work. The bare
consumer takes the same messages from the same quorum queue with the same prefetch, reads the same contract, runs the
same INSERT as the same role and acknowledges. It has no inbox, no transaction and no lock on the person: what these
cost is in the ratio. One that acknowledges and does nothing else stands beside it, with the prefetch of a batch.
"""

import asyncio
import statistics
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
from aio_pika import DeliveryMode

from deploy import broker, databases
from deploy.benchmark.consumers import (
    REACTION,
    SENDER,
    SERVICE,
    Place,
    Side,
    Taken,
    acknowledging,
    batched,
    inserting,
    plain,
)
from deploy.local.folders import Tell
from deploy.local.keys import password_secret
from deploy.local.servers import Servers
from deploy.local.system import VIRTUAL_HOST
from shared.clock import now
from shared.contracts.participants import Disclosed
from shared.messaging.publisher import Publisher
from shared.messaging.topology import EVENTS

ROUNDS = 5
PEOPLE = 1_000
FLIGHT = 200
PATIENCE_S = 600.0
SIDES: dict[str, Side] = {"plain": plain, "bare": inserting, "batched": batched, "acknowledged": acknowledging}
KNOW = "INSERT INTO subject (subject_id) SELECT unnest($1::uuid[])"


async def run(servers: Servers, folder: Path, messages: int, tell: Tell) -> dict[str, Any]:
    """The rates of all sides, and the ratios of the kit's to the bare one's."""
    secret = password_secret(folder)
    urls = await databases.create(servers.postgres_admin_url, SERVICE, secret=secret)
    services = [SERVICE, SENDER]
    amqp = await broker.prepare(
        servers.amqp_url, servers.management_url, VIRTUAL_HOST, services, [REACTION], secret=secret
    )
    people = [uuid4() for _ in range(PEOPLE)]
    await _know(urls.owner, people)
    publisher = Publisher(amqp[SENDER], "benchmark")
    try:
        return await _measured(Place(urls.app, amqp[SERVICE]), publisher, people, messages, tell)
    finally:
        await publisher.close()


async def _know(url: str, people: Sequence[UUID]) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(KNOW, people)
    finally:
        await connection.close()


async def _measured(
    place: Place, publisher: Publisher, people: Sequence[UUID], messages: int, tell: Tell
) -> dict[str, Any]:
    """All sides take turns: what else the machine does meets them all."""
    rates: dict[str, list[float]] = {name: [] for name in SIDES}
    for turn in range(ROUNDS + 1):
        for name, side in SIDES.items():
            await _fill(publisher, people, messages)
            rate = await _rate(side, place, messages)
            tell(f"round {turn}: {rate:.0f} a second, {name}")
            if turn:  # the first one warms plans and pages up
                rates[name].append(rate)
    return figures(rates)


def figures(rates: dict[str, list[float]]) -> dict[str, Any]:
    """Events a second and ratios of the same round, each the median of all rounds."""
    found: dict[str, Any] = {f"{name}_per_second": round(statistics.median(each)) for name, each in rates.items()}
    for side in ("plain", "batched"):
        for bare, name in (("bare", f"{side}_ratio"), ("acknowledged", f"{side}_ratio_to_acknowledged")):
            ratios = [a / b for a, b in zip(rates[side], rates[bare], strict=True)]
            found[name] = round(statistics.median(ratios), 3)
    return found


async def _rate(side: Side, place: Place, messages: int) -> float:
    taken = Taken(messages)
    began = perf_counter()
    async with side(place, taken):
        await asyncio.wait_for(taken.all.wait(), PATIENCE_S)
        return messages / (perf_counter() - began)


async def _fill(publisher: Publisher, people: Sequence[UUID], messages: int) -> None:
    """The queue holds everything before the first message is taken."""
    for first in range(0, messages, FLIGHT):
        flight = range(first, min(first + FLIGHT, messages))
        await asyncio.gather(*(_publish(publisher, people[n % len(people)]) for n in flight))


async def _publish(publisher: Publisher, person: UUID) -> None:
    event = Disclosed(
        subject_id=person, recipient="post", purpose="benchmark", categories=("contact",), disclosed_at=now()
    )
    event_type = event.type_from(SENDER)
    message = aio_pika.Message(
        event.model_dump_json().encode(),
        message_id=str(uuid4()),
        type=event_type,
        app_id=SENDER,
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
    )
    await publisher.publish(EVENTS, event_type, message)
