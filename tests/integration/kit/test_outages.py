"""Servers that go away while messages are being handled: waited for, nothing given up, nothing lost (3 and 7)."""

import asyncio
from dataclasses import replace
from urllib.parse import quote

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel
from prometheus_client import REGISTRY

from deploy.local.servers import Servers
from shared.database import Transaction
from shared.messaging import outbox, topology
from shared.messaging.faults import Rejected
from shared.messaging.outbox import relay
from shared.messaging.publisher import Publisher
from shared.messaging.topology import DELIVERY_LIMIT
from shared.purposes import Purpose
from tests.harness import PATIENCE_S, SHORT_WAITS_MS, Harness, eventually
from tests.sample.cable import cable
from tests.sample.contracts import ThingNoted
from tests.sample.harness import depth, handled, reacting, send, until_handled
from tests.sample.script import DEAD, NOTE, NOTED, Script, dead_letter, noted


async def test_a_database_that_is_away_pauses_the_consumer(
    harness: Harness, channel: AbstractChannel, servers: Servers
) -> None:
    """Nothing is given up, no attempt is counted, and it goes on by itself."""
    name = f"sample_{harness.name}"
    script, done = Script(), handled(NOTED, "done")
    counted = handled(NOTED, "transient"), handled(NOTED, "infrastructure")

    async def handle(event: ThingNoted, tx: Transaction, attempt: int) -> None:
        await script.handle(event, tx, attempt)

    async with harness.serve(reacting(handle)):
        admin = await asyncpg.connect(servers.postgres_admin_url)
        try:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
            await asyncio.gather(*(send(channel, noted()) for _ in range(5)))

            async def paused() -> bool:
                return REGISTRY.get_sample_value("lethe_consumer_paused", {"consumer": NOTED}) == 1

            await eventually(paused)
            assert handled(NOTED, "done") == done
        finally:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await admin.close()
        await until_handled(NOTED, "done", done + 5)

        async def going_on() -> bool:
            return not await paused()

        await eventually(going_on)
    assert script.attempts == [1] * 5
    assert (handled(NOTED, "transient"), handled(NOTED, "infrastructure")) == counted
    assert await depth(harness, DEAD) == 0


RAISE = "DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{}'; END $$"


@pytest.mark.parametrize(
    "failure",
    ["SELECT pg_terminate_backend(pg_backend_pid())", *map(RAISE.format, ("08006", "53100", "57P01"))],
    ids=["session ended", "connection", "disk full", "shutdown"],
)
async def test_a_server_that_fails_within_a_handler_costs_no_attempt(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection, failure: str
) -> None:
    script = Script(failure)
    event = await script.play(harness, channel)
    assert script.attempts == [1, 1]
    assert await everything.fetchval("SELECT count(*) FROM note WHERE note_id = $1", event.note_id) == 1


async def test_a_message_is_not_lost_when_the_broker_goes_before_its_copy_is_safe(
    harness: Harness, channel: AbstractChannel
) -> None:
    """The broker delivers again what was not acknowledged when it went, so a second copy may come: at least once."""
    async with cable(harness.amqp["sample"]) as line:
        through = replace(harness, amqp={**harness.amqp, "sample": line.url})
        event, failing = noted(), asyncio.Event()

        async def fail(_event: ThingNoted, tx: Transaction) -> None:
            if not failing.is_set():
                line.cut()
            failing.set()
            raise Rejected("while the broker is away")

        async with through.serve(reacting(fail)):
            await send(channel, event)
            await asyncio.wait_for(failing.wait(), PATIENCE_S)
            await line.mend()
            letter = await dead_letter(channel)
    assert letter.body == event.model_dump_json().encode()
    assert letter.headers["x-reason"] == "while the broker is away"
    while await depth(harness, NOTED):
        async with harness.serve(reacting(fail)):
            assert (await dead_letter(channel)).message_id == letter.message_id
    await (await channel.get_queue(DEAD, ensure=False)).purge()


async def test_a_crash_loop_ends_in_the_dead_letters(harness: Harness, channel: AbstractChannel) -> None:
    """The backstop: deliveries that never come to a handler's end are counted by the broker."""
    queue = await channel.get_queue(NOTED, ensure=False)
    await send(channel, noted())
    for _ in range(DELIVERY_LIMIT + 1):
        message = await queue.get(timeout=60)
        assert message is not None
        await message.reject(requeue=True)
    letter = await dead_letter(channel)
    assert letter.headers["x-first-death-queue"] == NOTED
    assert letter.headers["x-first-death-reason"] == "delivery_limit"


async def test_a_letter_of_the_brokers_own_waits_for_a_queue_that_is_gone(
    harness: Harness, channel: AbstractChannel
) -> None:
    """At least once: it was thrown away when nobody could take it at that moment. (It is sent again after minutes.)"""
    await channel.queue_delete(DEAD)
    queue = await channel.get_queue(NOTED, ensure=False)
    await send(channel, noted())
    for _ in range(DELIVERY_LIMIT + 1):
        message = await queue.get(timeout=60)
        assert message is not None
        await message.reject(requeue=True)
    assert await queue.get(fail=False, timeout=60) is None
    place = f"/api/queues/{quote(harness.name, safe='')}/{NOTED}"
    async with topology.management(harness.servers.management_url) as api:

        async def held() -> bool:
            return bool((await api.get(place)).json().get("messages_dlx"))

        await eventually(held)
    await topology.declare(harness.admin_amqp, [], ["sample"])


async def test_a_queue_at_its_limit_loses_nothing(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses, and the outbox keeps what it does not take until there is room again."""
    monkeypatch.setattr(topology, "QUEUE_LENGTH", 5)
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.2)
    await set_limits(harness)
    publisher, done = Publisher(harness.amqp["sample"], "test"), handled(NOTED, "done")
    async with harness.database("sample") as database:
        for _ in range(40):
            async with database.transaction(Purpose.UPKEEP) as tx:
                tx.publish(noted())
            await relay(database, publisher)
        assert await everything.fetchval("SELECT count(*) FROM outbox WHERE last_fault = 'nacked'") > 0
        assert await depth(harness, NOTED) < 40
    await publisher.close()

    async def keep(event: ThingNoted, tx: Transaction) -> None:
        await tx.run(NOTE, event.note_id, event.subject_id)

    async with harness.serve(reacting(keep)):
        await until_handled(NOTED, "done", done + 40)
        await eventually(lambda: empty_outbox(everything))
    monkeypatch.undo()
    await set_limits(harness)


async def empty_outbox(everything: asyncpg.Connection) -> bool:
    return bool(await everything.fetchval("SELECT count(*) = 0 FROM outbox"))


async def set_limits(harness: Harness) -> None:
    """Set the policies as they are now, and wait until they hold."""
    await topology.set_policies(harness.servers.management_url, harness.name, ["sample"], SHORT_WAITS_MS)
    place = f"/api/queues/{quote(harness.name, safe='')}/{NOTED}"
    async with topology.management(harness.servers.management_url) as api:

        async def held() -> bool:
            definition = (await api.get(place)).json().get("effective_policy_definition") or {}
            return bool(definition.get("max-length") == topology.QUEUE_LENGTH)

        await eventually(held)
