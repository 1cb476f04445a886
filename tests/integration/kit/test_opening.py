"""The statement that goes with BEGIN: one round trip begins a transaction, marks its message and locks its person."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.database import Database
from shared.messaging.inbox import Standing, locking, receiving, standing_of
from shared.messaging.outbox import enqueue
from shared.purposes import Purpose
from tests.harness import Harness, eventually
from tests.sample.harness import erase_people

CONSUMER = "five o'clock\\"
MARKED = "SELECT count(*) FROM inbox WHERE message_id = $1 AND consumer = $2"
LOCKED = "SELECT count(*) FROM (SELECT FROM subject WHERE subject_id = $1 FOR UPDATE SKIP LOCKED) AS free"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%' || $1 || '%' AND wait_event_type = 'Lock'"


@pytest.fixture
async def database(harness: Harness) -> AsyncIterator[Database]:
    """A pool of one connection: whoever leaves it in disorder meets it again."""
    one = Database(harness.databases["sample"].app, "sample", enqueue, 1)
    await one.open()
    yield one
    await one.close()


async def standing(database: Database, opening: str) -> Standing:
    async with database.transaction(Purpose.UPKEEP, opening=opening) as tx:
        return standing_of(tx)


async def test_a_message_counts_once(database: Database, everything: asyncpg.Connection) -> None:
    message, person = uuid4(), uuid4()
    for expected in (Standing.LIVE, Standing.DUPLICATE):
        assert await standing(database, receiving(message, CONSUMER, person)) is expected
        assert await everything.fetchval(MARKED, message, CONSUMER) == 1
    assert await standing(database, receiving(message, "another", person)) is Standing.LIVE
    assert await standing(database, receiving(uuid4(), CONSUMER, None)) is Standing.NOBODY


async def test_the_erased_are_told_from_the_living(database: Database) -> None:
    person, other = uuid4(), uuid4()
    assert await standing(database, locking(person)) is Standing.LIVE
    await erase_people(database, person)
    assert await standing(database, locking(person)) is Standing.ERASED
    assert await standing(database, receiving(uuid4(), CONSUMER, person)) is Standing.ERASED
    assert await standing(database, locking(other)) is Standing.LIVE


@pytest.mark.parametrize("about", [locking, lambda person: receiving(uuid4(), CONSUMER, person)])
async def test_the_person_is_locked_until_the_end(
    database: Database, everything: asyncpg.Connection, about: Callable[[UUID], str]
) -> None:
    person = uuid4()
    async with database.transaction(Purpose.UPKEEP, opening=about(person)):
        assert await everything.fetchval("SELECT count(*) FROM subject WHERE subject_id = $1", person) == 0
    async with database.transaction(Purpose.UPKEEP, opening=about(person)):
        assert await everything.fetchval(LOCKED, person) == 0
    assert await everything.fetchval(LOCKED, person) == 1


async def waits(connection: asyncpg.Connection, person: UUID) -> bool:
    """Whether somebody waits for this row; a transaction sees activity as at its first look until told otherwise."""
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    return bool(await connection.fetchval(WAITS, str(person)))


Disorder = Callable[[Database, asyncpg.Connection, UUID], Awaitable[None]]


async def disorder_by_error(database: Database, _everything: asyncpg.Connection, person: UUID) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await standing(database, f"{locking(person)}; SELECT 1 / 0")


async def disorder_by_wait(database: Database, everything: asyncpg.Connection, person: UUID) -> None:
    async with everything.transaction():
        await everything.execute("INSERT INTO subject (subject_id) VALUES ($1)", person)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await standing(database, f"SET LOCAL lock_timeout = '1ms'; {locking(person)}")
        await everything.execute("DELETE FROM subject WHERE subject_id = $1", person)


async def disorder_by_cancellation(database: Database, everything: asyncpg.Connection, person: UUID) -> None:
    other = uuid4()
    async with everything.transaction():
        await everything.execute("INSERT INTO subject (subject_id) VALUES ($1)", other)
        task = asyncio.create_task(standing(database, f"{locking(person)}; {locking(other)}"))
        await eventually(lambda: waits(everything, other))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("disorder", [disorder_by_error, disorder_by_wait, disorder_by_cancellation])
async def test_an_opening_that_fails_leaves_nothing_behind(
    database: Database, everything: asyncpg.Connection, disorder: Disorder
) -> None:
    """asyncpg would roll back too, and complain to the loop of who returned a connection like that."""
    person, complaints = uuid4(), list[str]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context["message"]))
    await disorder(database, everything, person)
    async with database.transaction(Purpose.UPKEEP) as tx:
        assert await tx.value("SELECT true")
    assert complaints == []
    assert await everything.fetchval("SELECT count(*) FROM subject WHERE subject_id = $1", person) == 0
