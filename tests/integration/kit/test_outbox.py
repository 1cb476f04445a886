"""The outbox: what a transaction decided to tell leaves after its commit, at least once, and only then (3, 7)."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from shared.database import Database, Transaction
from shared.messaging import publisher as publishing_side
from shared.messaging.faults import Rejected
from shared.messaging.outbox import enqueue, relay
from shared.messaging.publisher import UNREACHABLE, Publisher
from shared.purposes import Purpose
from shared.tracing import current_traceparent, work
from tests.harness import Harness, eventually
from tests.sample.contracts import NoteKept, ThingNoted
from tests.sample.harness import Heard, depth, reacting, send


def noted(person: UUID | None = None) -> ThingNoted:
    return ThingNoted(subject_id=person or uuid4(), note_id=uuid4())


async def waiting_rows(database: Database) -> int:
    return int(await database.pool.fetchval("SELECT count(*) FROM outbox"))


async def fill(database: Database, count: int) -> list[str]:
    person = uuid4()
    async with database.transaction(Purpose.UPKEEP) as tx:
        for _ in range(count):
            tx.publish(NoteKept(subject_id=person, note_id=uuid4()))
    rows = await database.pool.fetch("SELECT message_id FROM outbox")
    return [str(row["message_id"]) for row in rows]


async def test_rows_survive_a_broker_that_is_away(harness: Harness, kept: Heard) -> None:
    async with harness.database("sample") as database:
        ids = await fill(database, 3)
        nowhere = Publisher("amqp://nobody:nothing@127.0.0.1:1/", "nowhere")
        with pytest.raises(UNREACHABLE):
            await relay(database, nowhere)
        assert await waiting_rows(database) == 3
        there = Publisher(harness.amqp["sample"], "there")
        assert await relay(database, there) is False
        assert await waiting_rows(database) == 0
        await there.close()

    await eventually(lambda: sorted(m.message_id or "" for m in kept) == sorted(ids))


async def test_what_nobody_listens_to_is_kept_countably(harness: Harness) -> None:
    async with harness.database("sample") as database:
        before = await depth(harness, "lethe.unrouted")
        await fill(database, 2)
        publisher = Publisher(harness.amqp["sample"], "there")
        await relay(database, publisher)
        await publisher.close()
        assert await waiting_rows(database) == 0
    assert await depth(harness, "lethe.unrouted") == before + 2


async def test_two_relays_never_publish_a_row_twice(harness: Harness, kept: Heard) -> None:
    async with harness.database("sample") as one, harness.database("sample") as two:
        ids = await fill(one, 450)
        outlets = [Publisher(harness.amqp["sample"], name) for name in ("one", "two")]
        rounds = await asyncio.gather(*(drain(d, o) for d, o in zip((one, two), outlets, strict=True)))
        assert min(rounds) > 0, "only one of them worked"
        assert await waiting_rows(one) == 0
        await asyncio.gather(*(publisher.close() for publisher in outlets))

    await eventually(lambda: len(kept) >= 450)
    assert sorted(m.message_id or "" for m in kept) == sorted(ids)


async def drain(database: Database, publisher: Publisher) -> int:
    rounds = 0
    while await relay(database, publisher):
        rounds += 1
    return rounds


async def test_a_message_carries_its_envelope(harness: Harness, kept: Heard) -> None:
    """CloudEvents attributes; the id is the row's and persistent delivery is asked for."""
    person = uuid4()
    async with harness.database("sample") as database:
        async with database.transaction(Purpose.UPKEEP) as tx:
            tx.publish(NoteKept(subject_id=person, note_id=uuid4()))
        row = await database.pool.fetchrow("SELECT message_id, created_at FROM outbox")
        publisher = Publisher(harness.amqp["sample"], "there")
        await relay(database, publisher)
        await publisher.close()

    await eventually(lambda: bool(kept))
    message = kept[0]
    assert row is not None
    assert message.message_id == str(row["message_id"])
    assert (message.type, message.routing_key, message.app_id) == (NoteKept.type, NoteKept.type, "sample")
    assert message.timestamp == row["created_at"].replace(microsecond=0)
    assert (message.delivery_mode, message.content_type) == (2, "application/json")
    assert message.headers["subject"] == str(person)
    assert message.headers["specversion"] == "1.0"
    assert message.headers["dataschema"] == f"urn:lethe:{NoteKept.type}"


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_trace_travels_with_the_message(harness: Harness, kept: Heard) -> None:
    """Producer, outbox, consumer and what the consumer publishes: one trace."""
    seen: list[str | None] = []

    async def look(event: ThingNoted, tx: Transaction) -> None:
        seen.append(current_traceparent())
        tx.publish(NoteKept(subject_id=event.subject_id, note_id=event.note_id))

    async with harness.serve(reacting(look)) as resources:
        with work("test", f"00-{TRACE}-00f067aa0ba902b7-01"):
            async with resources["sample"].database.transaction(Purpose.UPKEEP) as tx:
                tx.publish(noted())

        await eventually(lambda: bool(kept))
    assert [parent and parent.split("-")[1] for parent in seen] == [TRACE]
    assert str(kept[0].headers["traceparent"]).split("-")[1] == TRACE


async def test_a_handler_that_publishes_and_fails_has_told_nobody(
    harness: Harness, channel: AbstractChannel, everything: asyncpg.Connection, kept: Heard
) -> None:

    async def fail(event: ThingNoted, tx: Transaction) -> None:
        tx.publish(NoteKept(subject_id=event.subject_id, note_id=event.note_id))
        await enqueue(tx)
        raise Rejected("test")

    before = await depth(harness, "sample.dead-letters")
    async with harness.serve(reacting(fail)):
        event = noted()
        await send(channel, event)

        async def given_up() -> bool:
            return await depth(harness, "sample.dead-letters") == before + 1

        await eventually(given_up)
    assert not kept
    assert await everything.fetchval("SELECT count(*) FROM outbox") == 0
    assert await everything.fetchval("SELECT count(*) FROM subject WHERE subject_id = $1", event.subject_id) == 0


async def divide_by_zero(tx: Transaction) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await tx.value("SELECT 1 / 0")


async def fail_apart(tx: Transaction, event: NoteKept) -> None:
    async with tx.savepoint():
        tx.publish(event)
        tx.wake("never")
        await tx.value("SELECT 1 / 0")


async def test_a_part_that_failed_alone_has_told_nobody(harness: Harness) -> None:
    good, bad = (NoteKept(subject_id=uuid4(), note_id=uuid4()) for _ in range(2))
    async with harness.database("sample") as database:
        async with database.transaction(Purpose.UPKEEP) as tx:
            tx.publish(good)
            with pytest.raises(asyncpg.DivisionByZeroError):
                await fail_apart(tx, bad)
        assert not database.signals["never"].is_set()
        assert await database.pool.fetchval("SELECT array_agg(body) FROM outbox") == [good.model_dump_json()]
        await database.pool.execute("DELETE FROM outbox")


async def swallow(database: Database, person: UUID) -> None:
    async with database.transaction(Purpose.UPKEEP) as tx:
        await tx.run("INSERT INTO subject VALUES ($1)", person)
        await divide_by_zero(tx)


async def test_a_swallowed_error_is_not_a_commit(harness: Harness, everything: asyncpg.Connection) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error."""
    person = uuid4()
    async with harness.database("sample") as database:
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await swallow(database, person)
        async with database.transaction(Purpose.UPKEEP) as tx:
            assert await tx.value("SELECT 1") == 1
    assert await everything.fetchval("SELECT count(*) FROM subject WHERE subject_id = $1", person) == 0


async def test_a_silent_broker_costs_one_patience_and_not_one_for_each_message(
    harness: Harness, everything: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It accepts connections and says nothing, while the relay's transaction waits."""
    monkeypatch.setattr(publishing_side, "CONNECT_TIMEOUT_S", 0.3)
    accepted: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _reader, writer: accepted.append(writer), "127.0.0.1", 0)
    publisher = Publisher(f"amqp://sample:x@127.0.0.1:{silent.sockets[0].getsockname()[1]}/x", "test")
    async with harness.database("sample") as database:
        await fill(database, 100)
        with pytest.raises(UNREACHABLE):
            await relay(database, publisher)
    assert len(accepted) < 10
    silent.close()
    for writer in accepted:
        writer.close()
        await writer.wait_closed()
    await everything.execute("TRUNCATE outbox")
