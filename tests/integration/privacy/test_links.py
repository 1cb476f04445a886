"""Links that arrive at once: no group is left split, and nobody waits in a circle."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.handlers.subject_links import link
from shared.contracts.identity import SubjectsLinked
from shared.database import Database, Transaction
from shared.messaging.inbox import mark_received
from shared.purposes import Purpose
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.sample.harness import meet

WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
LOCK = "SELECT lethe.lock_people($1)"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Privacy's database; the tests handle the events themselves, as several processes would."""
    module_harness = await harnesses.build(servers, [PRIVACY])
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture
async def database(harness: Harness) -> AsyncIterator[Database]:
    async with harness.database("privacy") as opened:
        yield opened


async def people(harness: Harness, count: int) -> list[UUID]:
    """People whom privacy knows, in the order in which they are locked."""
    ids = sorted(uuid4() for _ in range(count))
    async with harness.superuser("privacy") as connection:
        await meet(connection, *ids)
    return ids


async def are_one(harness: Harness, groups: Mapping[UUID, Iterable[UUID]]) -> None:
    """Groups as earlier links left them."""
    rows = [(member, person) for person, members in groups.items() for member in members]
    async with harness.superuser("privacy") as connection:
        await connection.executemany("INSERT INTO subject_link (subject_id, person) VALUES ($1, $2)", rows)


async def waiting(harness: Harness, count: int) -> None:
    """Until so many transactions wait for a lock."""
    async with harness.superuser("privacy") as connection:

        async def reached() -> bool:
            return bool(await connection.fetchval(WAITING) == count)

        await eventually(reached)


async def handle(tx: Transaction, subject_id: UUID, other_id: UUID, person: UUID) -> None:
    """What the consumer does with the event: lock the person it is about, then react."""
    await mark_received(tx, uuid4(), "privacy.link", subject_id)
    await link(SubjectsLinked(subject_id=subject_id, other_id=other_id, person=person), tx, frozenset())


async def handled(database: Database, subject_id: UUID, other_id: UUID, person: UUID) -> None:
    async with database.transaction(Purpose.RIGHTS) as tx:
        await handle(tx, subject_id, other_id, person)


async def test_two_links_at_once_leave_one_person(harness: Harness, database: Database) -> None:
    """Somebody holds the row of C: the first link has added E by then, the second can't see that."""
    a, b, c, d, e = await people(harness, 5)
    await are_one(harness, {a: (a, b), c: (c, d)})
    async with harness.superuser("privacy") as connection:
        async with asyncio.TaskGroup() as group, connection.transaction():
            await connection.execute("SELECT FROM subject_link WHERE subject_id = $1 FOR UPDATE", c)
            group.create_task(handled(database, c, e, c))
            await waiting(harness, 1)
            group.create_task(handled(database, b, c, a))
            await waiting(harness, 2)
        rows = await connection.fetch("SELECT subject_id, person FROM subject_link")
    named = {row["subject_id"]: row["person"] for row in rows}
    assert [named[one] for one in (a, b, c, d, e)] == [a] * 5


async def erasing(database: Database, *people: UUID) -> None:
    async with database.transaction(Purpose.ERASURE) as tx:
        for one in people:
            await tx.run(LOCK, [one])


async def test_a_link_has_its_turn_only_with_its_people(harness: Harness, database: Database) -> None:
    """An erasure has locked D and waits for A; the link of A holds A; that of C waits for D."""
    a, b, c, d = await people(harness, 4)
    async with asyncio.TaskGroup() as group, database.transaction(Purpose.RIGHTS) as mine:
        await mark_received(mine, uuid4(), "privacy.link", a)
        group.create_task(erasing(database, d, a))
        await waiting(harness, 1)
        group.create_task(handled(database, c, d, c))
        await waiting(harness, 2)
        await link(SubjectsLinked(subject_id=a, other_id=b, person=a), mine, frozenset())
