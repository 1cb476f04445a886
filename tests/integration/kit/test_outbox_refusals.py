"""A row that the broker refuses for its own sake holds up nobody, is tried again, and ends in quarantine."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from aio_pika.exceptions import DeliveryError

from shared.database import Database
from shared.loops import backoff
from shared.messaging import outbox, topology
from shared.messaging.figures import measure
from shared.messaging.outbox import relay
from shared.messaging.outbox_rows import PICK
from shared.messaging.publisher import UNREACHABLE, Publisher
from shared.messaging.topology import EVENTS, management
from tests.harness import Harness, eventually
from tests.integration.kit.test_outbox import fill
from tests.sample.contracts import NoteKept, ThingNoted
from tests.sample.harness import Heard, alone, metric, publishing, send
from tests.sample.script import NOTED, noted

BAD = "INSERT INTO outbox (type, subject, body) VALUES ($1, $2, '{}') RETURNING message_id"
FIRST_WAIT_S = 60.0
"""In place of a second, which a slow machine needs between two statements."""
ROW = "SELECT attempts, last_fault, next_try_at IS NULL AS quarantined, next_try_at > now() AS later FROM outbox"


@contextlib.asynccontextmanager
async def nothing(_harness: Harness) -> AsyncIterator[None]:
    yield


@contextlib.asynccontextmanager
async def full(harness: Harness) -> AsyncIterator[None]:
    """The queue of the bad row is at its limit."""
    place = f"/api/policies/{quote(harness.name, safe='')}/full"
    policy = {"pattern": f"^{NOTED}$", "definition": {"max-length": 0, "overflow": "reject-publish"}, "priority": 9}
    async with management(harness.servers.management_url) as api:
        (await api.put(place, json=policy | {"apply-to": "queues"})).raise_for_status()
        try:
            await eventually(lambda: policy_at_work(harness, NOTED, "full"))
            await fill_up(harness)
            yield
        finally:
            (await api.delete(place)).raise_for_status()
    await eventually(lambda: policy_at_work(harness, NOTED, "lethe-sample"))
    async with publishing(harness) as channel:
        await (await channel.get_queue(NOTED, ensure=False)).purge()


async def fill_up(harness: Harness) -> None:
    """A quorum queue takes what comes until it has noticed that it is full."""
    async with publishing(harness) as channel:

        async def noticed() -> bool:
            try:
                await send(channel, noted())
            except DeliveryError:
                return True
            return False

        await eventually(noticed)


async def policy_at_work(harness: Harness, queue: str, policy: str) -> bool:
    async with management(harness.servers.management_url) as api:
        answer = await api.get(f"/api/queues/{quote(harness.name, safe='')}/{queue}")
    return answer.json().get("policy") == policy  # type: ignore[no-any-return]


@contextlib.asynccontextmanager
async def unheard(harness: Harness) -> AsyncIterator[None]:
    """Nothing takes what nobody listens to."""
    async with publishing(harness) as channel:
        queue = await channel.get_queue("lethe.unrouted", ensure=False)
        await queue.unbind("lethe.unrouted")
        try:
            yield
        finally:
            await queue.bind("lethe.unrouted")


Around = Callable[[Harness], contextlib.AbstractAsyncContextManager[None]]
KINDS: dict[str, tuple[str, str | None, str, Around]] = {
    "a name too long to be written": ("sample." + 300 * "x", None, "ValueError", nothing),
    "a type of somebody else's": ("identity.person-registered.v1", None, "ChannelAccessRefused", nothing),
    "a header larger than a frame": (NoteKept.type, 200_000 * "x", "ConnectionFrameError", nothing),
    "a queue at its limit": (ThingNoted.type, None, "nacked", full),
    "nobody takes it": ("sample.nobody-listens.v1", None, "unroutable", unheard),
}


@pytest.fixture
async def database(harness: Harness) -> AsyncIterator[Database]:
    async with harness.database("sample") as opened:
        yield opened
        await opened.pool.execute("DELETE FROM outbox")


@pytest.fixture
async def publisher(harness: Harness) -> AsyncIterator[Publisher]:
    there = Publisher(harness.amqp["sample"], "there")
    yield there
    await there.close()


async def refused_row(database: Database) -> asyncpg.Record:
    rows = await database.pool.fetch(ROW)
    assert len(rows) == 1
    return rows[0]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_refused_row_holds_up_nobody(
    harness: Harness,
    database: Database,
    publisher: Publisher,
    kept: Heard,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """Its batch mates leave in the same round, and it waits for its next attempt with the fault beside it."""
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", FIRST_WAIT_S)
    event_type, subject, fault, around = KINDS[kind]
    refusals = metric("lethe_outbox_refused_total", fault=fault)
    async with around(harness):
        good = await fill(database, 30)
        await database.pool.execute("UPDATE outbox SET next_try_at = clock_timestamp()")
        await database.pool.execute(BAD, event_type, subject)
        good += [i for i in await fill(database, 30) if i not in good]
        bad = await database.pool.fetchval("SELECT message_id FROM outbox WHERE body = '{}'")
        assert await relay(database, publisher) is False
        row = await refused_row(database)
        assert (row["attempts"], row["last_fault"], row["quarantined"], row["later"]) == (1, fault, False, True)
        assert await relay(database, publisher) is False
        assert (await refused_row(database))["attempts"] == 1, "its time had not come"
    assert metric("lethe_outbox_refused_total", fault=fault) == refusals + 1
    expected = set(good) - {str(bad)}
    await eventually(lambda: {m.message_id for m in kept} >= expected)
    assert {m.message_id for m in kept} == expected


async def test_two_poisonous_rows_hold_up_nobody(database: Database, publisher: Publisher, kept: Heard) -> None:
    """Each closes the channel under the others."""
    for poison in ("identity.one.v1", "privacy.two.v1", "marketing.three.v1"):
        await fill(database, 10)
        await database.pool.execute(BAD, poison, None)
    good = await database.pool.fetchval("SELECT count(*) FROM outbox WHERE body <> '{}'")
    await relay(database, publisher)
    left = await database.pool.fetch("SELECT type, attempts FROM outbox ORDER BY created_at")
    assert [(row["type"].partition(".")[0], row["attempts"]) for row in left] == [
        ("identity", 1),
        ("privacy", 1),
        ("marketing", 1),
    ]
    await eventually(lambda: len({m.message_id for m in kept}) == good)


@pytest.mark.parametrize(
    ("kind", "tries"),
    [
        ("a type of somebody else's", outbox.TRIES),
        ("a name too long to be written", outbox.TRIES),
        ("a queue at its limit", outbox.TRIES_IF_PASSING),
    ],
)
async def test_the_last_attempt_ends_in_quarantine(
    harness: Harness, database: Database, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, kind: str, tries: int
) -> None:
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", 0.0)
    event_type, subject, fault, around = KINDS[kind]
    async with around(harness):
        await database.pool.execute(BAD, event_type, subject)
        for attempt in range(1, tries + 1):
            await relay(database, publisher)
            row = await refused_row(database)
            assert (row["attempts"], row["quarantined"]) == (attempt, attempt == tries)
        await relay(database, publisher)
    row = await refused_row(database)
    assert (row["attempts"], row["last_fault"], row["quarantined"]) == (tries, fault, True)
    await measure(database)
    assert metric("lethe_outbox_quarantined") == 1
    assert metric("lethe_outbox_waiting") == 0
    assert metric("lethe_outbox_lag_seconds") == 0


async def test_waits_grow_and_differ(database: Database, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as long each time, an hour at most, and never all at one moment."""
    assert backoff(outbox.TRIES_IF_PASSING, outbox.FIRST_WAIT_S, outbox.LONGEST_WAIT_S) == 3600
    monkeypatch.setattr(outbox, "FIRST_WAIT_S", FIRST_WAIT_S)
    for attempts in (0, 3, 4):
        sql = "INSERT INTO outbox (type, body, attempts) SELECT 'identity.x.v1', '{}', $1 FROM generate_series(1, 5)"
        await database.pool.execute(sql, attempts)
    await relay(database, publisher)
    rows = await database.pool.fetch(
        "SELECT attempts, extract(epoch FROM next_try_at - now())::float AS wait FROM outbox ORDER BY attempts, wait"
    )
    waits: dict[int, list[float]] = {}
    for row in rows:
        waits.setdefault(row["attempts"], []).append(row["wait"])
    assert [len(set(each)) for each in waits.values()] == [5, 5, 5]
    for attempt, each in waits.items():
        assert all(0 < wait <= 1.2 * FIRST_WAIT_S * 2 ** (attempt - 1) for wait in each)
    assert max(waits[1]) < min(waits[4]) < min(waits[5])


@pytest.mark.parametrize("stage", ["away", "no exchange"])
async def test_a_broker_that_is_away_costs_no_attempt(
    harness: Harness, database: Database, publisher: Publisher, stage: str
) -> None:
    """Nor does an exchange that is missing: no row is to blame."""
    await fill(database, 3)
    async with publishing(harness) as channel:
        target = Publisher("amqp://nobody:nothing@127.0.0.1:1/", "nowhere") if stage == "away" else publisher
        if stage == "no exchange":
            await channel.exchange_delete(EVENTS)
        try:
            with pytest.raises(UNREACHABLE):
                await relay(database, target)
        finally:
            if stage == "no exchange":
                await redeclare(harness)
    assert await database.pool.fetchval("SELECT sum(attempts) FROM outbox") == 0


async def redeclare(harness: Harness) -> None:
    await topology.declare(harness.admin_amqp, alone().complete_router().event_handlers, ["sample"])


@pytest.mark.parametrize("refused", [0, 1, 5])
async def test_an_old_row_is_not_a_relay_that_stands_still(harness: Harness, database: Database, refused: int) -> None:
    """Readiness tells whether what is due leaves; a row in quarantine is told by its metric."""
    for _ in range(refused):
        await database.pool.execute(
            "INSERT INTO outbox (type, body, attempts, created_at, next_try_at)"
            " VALUES ('identity.x.v1', '{}', 6, now() - interval '3 days', NULL)"
        )
    assert await outbox.anything_due(database) is False
    await database.pool.execute("UPDATE outbox SET next_try_at = now() + interval '1 hour'")
    assert await outbox.anything_due(database) is False
    await fill(database, 1)
    assert await outbox.anything_due(database) is True


async def index_of(database: Database, sql: str) -> Any:
    async with database.pool.acquire() as connection, connection.transaction():
        plan = await connection.fetch(f"EXPLAIN {sql.replace('$1', '100')}")
    return "\n".join(row[0] for row in plan)


async def test_a_backlog_is_taken_in_order_without_sorting_it(harness: Harness, database: Database) -> None:
    await database.pool.execute(
        "INSERT INTO outbox (type, body) SELECT 'sample.x.v1', '{}' FROM generate_series(1, 20000)"
    )
    async with harness.superuser("sample") as everything:
        await everything.execute("ANALYZE outbox")  # as autovacuum does within a minute
    plan = await index_of(database, PICK)
    assert "outbox_due" in plan
    assert "Sort" not in plan
