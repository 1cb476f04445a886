"""What a migration leaves behind, on fresh databases and on those that were there before it."""

from pathlib import Path
from uuid import uuid4

import asyncpg

from shared import migrations
from shared.clock import today
from tests.house import House
from tests.sample.house import meet

SAMPLE = Path(__file__).parents[2] / "sample" / "migrations"
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = 'receipt' AND indexdef LIKE '%(retain_until)%'"


async def test_a_row_that_is_kept_is_changed_where_it_stands(everything: asyncpg.Connection) -> None:
    """Guard: the BRIN of kit_0002.sql; with the B-tree before it every index of the row got a new entry."""
    person = uuid4()
    await meet(everything, person)
    kept = "INSERT INTO receipt (receipt_id, subject_id, amount_cents) VALUES (gen_random_uuid(), $1, 100)"
    await everything.execute(kept, person)
    async with everything.transaction():
        await everything.execute("UPDATE receipt SET retain_until = $2 WHERE subject_id = $1", person, today())
        assert await everything.fetchval("SELECT pg_stat_get_xact_tuples_hot_updated('receipt'::regclass)") == 1


async def test_tables_from_before_are_brought_along(house: House, everything: asyncpg.Connection) -> None:
    """Guard: the loop at the end of kit_0002.sql; seen to fail without it."""
    await everything.execute("CREATE DATABASE older OWNER sample_owner")
    url = house.databases["sample"].owner.rpartition("/")[0] + "/older"
    try:
        migrations.upgrade(SAMPLE, url, to="sample_0001")
        before, after = await _indexes_around_an_upgrade(url)
        assert [("USING btree" in line, "USING brin" in line) for line in before] == [(True, False)]
        assert [("USING btree" in line, "USING brin" in line) for line in after] == [(False, True)]
    finally:
        await everything.execute("DROP DATABASE older WITH (FORCE)")


async def _indexes_around_an_upgrade(url: str) -> tuple[list[str], list[str]]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        before = [line["indexdef"] for line in await connection.fetch(INDEXES)]
        migrations.upgrade(SAMPLE, url)
        return before, [line["indexdef"] for line in await connection.fetch(INDEXES)]
    finally:
        await connection.close()
