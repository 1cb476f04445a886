"""The retention run itself: what is over goes in batches, what is kept is passed over and counted, twice is once."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.clock import today
from shared.database import Database, Transaction
from shared.personal_data.data_map import RetentionClass
from shared.personal_data.retention import running
from shared.personal_data.retention.checking import Endless, endless
from shared.personal_data.retention.daily import end_what_is_over
from shared.personal_data.retention.ends import Ends, Fact, Keeper, Open, Retention
from shared.personal_data.retention.run_rows import AnotherRun
from shared.personal_data.retention.statements import AT_WORK, due, pick, purge
from shared.purposes import Purpose
from tests.retention import purged, run_as_of
from tests.sample.data_map import DATA_MAP
from tests.sample.harness import meet, metric

LAST = today() + timedelta(days=100)
RECEIPT = """
INSERT INTO receipt (receipt_id, subject_id, amount_cents, retain_until)
SELECT gen_random_uuid(), $1, 100, $2 FROM generate_series(1, $3)
"""
COUNT = "SELECT count(*) FROM receipt WHERE subject_id = $1"
ENDS = Ends("receipt", (Fact("retain_until"),), RetentionClass.TAX)
RETENTION = Retention(
    DATA_MAP,
    (
        Open("note", "as long as it is wanted", review="current_date + 1"),
        Open("membership", "as long as it lasts", review="current_date + 1"),
        ENDS,
    ),
)
RESTRICT = "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, '*', false, 1)"


@pytest.fixture(autouse=True)
async def nothing_before(everything: asyncpg.Connection) -> None:
    await everything.execute("TRUNCATE receipt, retention_run CASCADE")


async def test_what_is_over_goes_batch_after_batch(
    database: Database, everything: asyncpg.Connection, person: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "FIRST", 7)
    monkeypatch.setattr(running, "MOST", 50)
    await everything.execute(RECEIPT, person, LAST, 400)
    await everything.execute(RECEIPT, person, LAST + timedelta(days=1), 3)
    assert purged(await run_as_of(database, RETENTION, LAST), "receipt").rows == 0
    assert await everything.fetchval(COUNT, person) == 403
    told = list[tuple[str, int]]()
    ran, longest_s = await running.run(database, RETENTION, LAST + timedelta(days=1), lambda *each: told.append(each))
    assert purged(ran, "receipt").rows == 400
    assert sum(rows for what, rows in told if what == "receipt") == 400
    assert max(rows for _, rows in told) <= 50
    assert longest_s > 0
    assert await everything.fetchval(COUNT, person) == 3


@pytest.mark.parametrize(("size", "took_s", "next_one"), [(500, 0.005, 1000), (500, 0.06, 250), (30, 9.0, 20)])
def test_a_batch_is_as_large_as_its_locks_are_short(size: int, took_s: float, next_one: int) -> None:
    assert running.next_size(size, took_s) == next_one


async def test_restricted_people_are_behind_two_walls(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    """They are not picked, and what had been picked PostgreSQL does not delete (GDPR Art. 18(2))."""
    await everything.execute(RECEIPT, person, LAST, 1)
    table, when = DATA_MAP.table("receipt"), due(ENDS, DATA_MAP.table("receipt"), LAST + timedelta(days=1))
    async with database.transaction(Purpose.ERASURE) as tx:
        picked = await tx.rows(pick(ENDS, table, when), *when.values, 10)
    assert len(picked) == 1
    await everything.execute(RESTRICT, person)
    async with database.transaction(Purpose.ERASURE) as tx:
        assert await tx.rows(pick(ENDS, table, when), *when.values, 10) == []
        assert await running.purge_picked(tx, ENDS, picked) == 0
    async with database.transaction(Purpose.ERASURE) as tx:
        assert await tx.run(purge(ENDS), [row["ctid"] for row in picked]) == 1, "it was there"


async def test_rows_that_somebody_works_with_are_left_for_the_next_run(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    await everything.execute(RECEIPT, person, LAST, 2)
    locked = everything.transaction()
    await locked.start()
    await everything.execute(f"SELECT FROM receipt WHERE subject_id = '{person}' LIMIT 1 FOR UPDATE")
    ran = await run_as_of(database, RETENTION, LAST + timedelta(days=1))
    assert (purged(ran, "receipt").rows, purged(ran, "receipt").skips) == (1, {AT_WORK: 1})
    await locked.rollback()
    ran = await run_as_of(database, RETENTION, LAST + timedelta(days=1))
    assert (purged(ran, "receipt").rows, purged(ran, "receipt").skips) == (1, {})


async def test_a_run_that_counts_as_interrupted_stops(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    """Another one has taken over while it stood still: its batch is undone, and it does no other."""
    await everything.execute(RECEIPT, person, LAST, 2)

    async def stand_still(tx: Transaction, _day: date, _limit: int) -> int:
        await everything.execute("UPDATE retention_run SET ended_at = now(), whole = false")
        return await tx.run("DELETE FROM receipt WHERE subject_id = $1", person)

    slow = replace(RETENTION, declared=(replace(ENDS, does=stand_still), ENDS))
    with pytest.raises(AnotherRun):
        await running.run(database, slow, LAST + timedelta(days=1))
    assert await everything.fetchval(COUNT, person) == 2


async def test_a_run_begins_when_no_other_is_at_work(database: Database, everything: asyncpg.Connection) -> None:
    await everything.execute("INSERT INTO retention_run (run_id, as_of) VALUES ($1, $2)", uuid4(), LAST)
    with pytest.raises(AnotherRun):
        await running.run(database, RETENTION, LAST)
    await everything.execute("UPDATE retention_run SET seen_at = now() - interval '2 minutes'")
    ran, _ = await running.run(database, RETENTION, LAST)
    assert ran.whole
    assert await everything.fetchval("SELECT count(*) FROM retention_run WHERE NOT whole") == 1


async def test_what_something_keeps_is_counted_by_its_reason(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    await everything.execute(RECEIPT, person, LAST, 2)
    keeper = Keeper("receipt.amount_cents = 100", "it is a round sum")
    kept = replace(RETENTION, declared=(replace(ENDS, kept_by=(keeper,)),))
    ran = await run_as_of(database, kept, LAST + timedelta(days=1))
    assert purged(ran, "receipt").skips == {"it is a round sum": 2}
    assert await everything.fetchval(COUNT, person) == 2


async def test_a_table_that_nobody_declared_is_found(database: Database, everything: asyncpg.Connection) -> None:
    other = uuid4()
    await meet(everything, other)
    assert await endless(database, RETENTION) == []
    assert await endless(database, Retention(DATA_MAP, (ENDS,))) == [
        Endless("note", None),
        Endless("membership", None),
    ]
    await everything.execute(RECEIPT, other, None, 2)
    assert await endless(database, RETENTION) == [Endless("receipt", 2)]


async def test_the_run_of_the_day_says_what_has_no_end_and_does_not_run_twice(
    database: Database, everything: asyncpg.Connection, person: UUID
) -> None:
    """Example 13 of the reference, its second half; what a run did is evidence in each service's own tests."""
    await everything.execute(RECEIPT, person, None, 2)
    for _ in range(2):
        await end_what_is_over(database, RETENTION)
    assert metric("lethe_rows_without_end", service="sample", table="receipt") == 2
    assert metric("lethe_rows_without_end", service="sample", table="note") == 0
    assert await everything.fetchval("SELECT count(*) FROM retention_run WHERE whole AND as_of = $1", today()) == 1
