"""What a migration leaves behind, on fresh databases and on those that were there before it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from deploy.databases import SERVICES_FOLDER
from deploy.local import system
from shared import migrations
from shared.clock import today
from tests.harness import Harness
from tests.sample.harness import meet

SAMPLE = Path(__file__).parents[2] / "sample" / "migrations"
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = 'receipt' AND indexdef LIKE '%(retain_until)%'"


async def test_a_row_that_is_kept_is_changed_where_it_stands(everything: asyncpg.Connection) -> None:
    person = uuid4()
    await meet(everything, person)
    kept = "INSERT INTO receipt (receipt_id, subject_id, amount_cents) VALUES (gen_random_uuid(), $1, 100)"
    await everything.execute(kept, person)
    async with everything.transaction():
        await everything.execute("UPDATE receipt SET retain_until = $2 WHERE subject_id = $1", person, today())
        hot = await everything.fetchval("SELECT pg_stat_get_xact_tuples_hot_updated('receipt'::regclass)")
    # Only since 16 does an index that summarizes, as a BRIN does, leave an update where its row stands.
    assert hot == int(everything.get_server_version().major >= 16)


async def test_tables_from_before_are_brought_along(harness: Harness, everything: asyncpg.Connection) -> None:
    await everything.execute("CREATE DATABASE older OWNER sample_owner")
    url = harness.databases["sample"].owner.rpartition("/")[0] + "/older"
    try:
        migrations.upgrade(SAMPLE, url, to="sample_0001")
        before, after = await _indexes_around_an_upgrade(url)
        assert [("USING btree" in line, "USING brin" in line) for line in before] == [(True, False)]
        assert [("USING btree" in line, "USING brin" in line) for line in after] == [(False, True)]
    finally:
        await everything.execute("DROP DATABASE older WITH (FORCE)")


@contextlib.asynccontextmanager
async def superuser(harness: Harness, database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        harness.servers.postgres_admin_url.rpartition("/")[0] + f"/{database}", timeout=60
    )
    try:
        yield connection
    finally:
        await connection.close()


RETAINED = """
INSERT INTO receipt (receipt_id, subject_id, amount_cents, retain_until, provision, exception)
VALUES (gen_random_uuid(), gen_random_uuid(), 100, '2099-12-31', 'VAT Act; KC art. 118', 'GDPR Art. 17(3)(b)')
"""


async def test_reasons_from_before_become_lists(harness: Harness, everything: asyncpg.Connection) -> None:
    await everything.execute("CREATE DATABASE worded OWNER sample_owner")
    url = harness.databases["sample"].owner.rpartition("/")[0] + "/worded"
    try:
        migrations.upgrade(SAMPLE, url, to="sample_0001")
        async with superuser(harness, "worded") as rows:
            await rows.execute("ALTER TABLE receipt DROP CONSTRAINT receipt_of_a_person")
            await rows.execute(RETAINED)
        migrations.upgrade(SAMPLE, url)
        async with superuser(harness, "worded") as rows:
            (row,) = await rows.fetch("SELECT provisions, exemptions FROM receipt")
            assert tuple(row) == (["VAT Act", "KC art. 118"], ["GDPR Art. 17(3)(b)"])
            with pytest.raises(asyncpg.CheckViolationError):
                await rows.execute("UPDATE receipt SET live = false, provisions = '{}'")
    finally:
        await everything.execute("DROP DATABASE worded WITH (FORCE)")


@pytest.mark.parametrize("service", system.SERVICES)
def test_files_are_numbered_in_the_order_in_which_they_run(service: str) -> None:
    scripts = migrations.scripts(SERVICES_FOLDER / service / "migrations")
    ran = [Path(script.path).stem for script in reversed(list(scripts.walk_revisions()))]
    for owner in ("kit", service):
        own = [name for name in ran if name.startswith(f"{owner}_")]
        assert own == sorted(own)
        assert [name.split("_")[1] for name in own] == [f"{number:04}" for number in range(1, len(own) + 1)]


async def _indexes_around_an_upgrade(url: str) -> tuple[list[str], list[str]]:
    connection = await asyncpg.connect(url, timeout=60)
    try:
        before = [line["indexdef"] for line in await connection.fetch(INDEXES)]
        migrations.upgrade(SAMPLE, url)
        return before, [line["indexdef"] for line in await connection.fetch(INDEXES)]
    finally:
        await connection.close()


async def test_events_from_before_are_due_in_their_order(harness: Harness, everything: asyncpg.Connection) -> None:
    """What waited while the release was rolled out leaves first."""
    await everything.execute("CREATE DATABASE older OWNER sample_owner")
    url = harness.databases["sample"].owner.rpartition("/")[0] + "/older"
    try:
        migrations.upgrade(SAMPLE, url, to="kit_0004")
        insert = "INSERT INTO outbox (type, body, created_at) SELECT 'x', '{}', now() - n * interval '1 day'"
        async with superuser(harness, "older") as database:
            await database.execute(f"{insert} FROM generate_series(1, 3) AS n")
        migrations.upgrade(SAMPLE, url)
        async with superuser(harness, "older") as database:
            rows = await database.fetch("SELECT created_at = next_try_at AND attempts = 0 AS due FROM outbox")
            assert [row["due"] for row in rows] == [True] * 3
            await database.execute("INSERT INTO outbox (type, body) VALUES ('x', '{}')")
            assert await database.fetchval("SELECT count(*) FROM outbox WHERE next_try_at <= clock_timestamp()") == 4
    finally:
        await everything.execute("DROP DATABASE older WITH (FORCE)")
