"""What marketing keeps ends on its day: readers who were asked and said nothing, interests, mailings, sign-ups."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from services.marketing.app import SERVICE
from services.marketing.reader_expiry import ASKED
from shared.contracts import marketing
from shared.database import Database
from shared.law.calendar import midnight
from shared.personal_data.retention.checking import Endless, endless
from tests.harness import Harness
from tests.integration.marketing.driver import insert_readers, reader
from tests.retention import A_DAY, purged, run_as_of

RETENTION = SERVICE.retention
LAST = date(2031, 3, 29)
"""A last day of keeping that is followed by the night in which the clock is put forward."""


@pytest.fixture
async def database(harness: Harness) -> AsyncIterator[Database]:
    async with harness.database("marketing") as opened:
        yield opened


@pytest.fixture
async def rows(harness: Harness) -> AsyncIterator[asyncpg.Connection]:
    async with harness.superuser("marketing") as opened:
        yield opened


async def test_a_reader_who_was_asked_ends_the_day_after_the_last(
    harness: Harness, database: Database, rows: asyncpg.Connection
) -> None:
    asked, late, unasked = reader("asked"), reader("late"), reader("unasked")
    everybody = [each.subject_id for each in (asked, late, unasked)]
    await insert_readers(harness, [asked, late, unasked])
    await rows.execute("UPDATE subscriber SET keep_until = $2 WHERE subject_id = ANY ($1)", everybody, LAST)
    ask = "UPDATE subscriber SET asked_on = $2 WHERE subject_id = $1"
    await rows.execute(ask, asked.subject_id, LAST + A_DAY - ASKED)
    await rows.execute(ask, late.subject_id, LAST + 2 * A_DAY - ASKED)
    left = "SELECT array_agg(subject_id ORDER BY subject_id) FROM subscriber WHERE subject_id = ANY ($1)"
    await run_as_of(database, RETENTION, LAST)
    assert await rows.fetchval(left, everybody) == sorted(everybody)
    ran = await run_as_of(database, RETENTION, LAST + A_DAY)
    assert await rows.fetchval(left, everybody) == sorted(each.subject_id for each in (late, unasked))
    assert purged(ran, "subscriber").skips["the question whether to stay has not stood for its time"] >= 2
    told = "SELECT count(*) FROM outbox WHERE type = $1 AND body::json ->> 'subject_id' = $2"
    withdrawn = marketing.Unsubscribed.type
    assert await rows.fetchval(told, withdrawn, str(asked.subject_id)) == 1, "the ledger is told that it is over"
    await run_as_of(database, RETENTION, LAST + 2 * A_DAY)
    assert await rows.fetchval(left, everybody) == [unasked.subject_id], "nobody is dropped unasked"
    await rows.execute("DELETE FROM subscriber WHERE subject_id = ANY ($1)", everybody)


MADE = {
    "interest": "INSERT INTO interest (subject_id, topic, source, keep_until) VALUES ($1, 'audits', 'observed', $2)",
    "mailing": """WITH c AS (INSERT INTO campaign (campaign_id, subject, body, language, topic)
      VALUES (gen_random_uuid(), '', '', 'pl', '') RETURNING campaign_id)
      INSERT INTO mailing (campaign_id, subject_id, keep_until, state) SELECT campaign_id, $1, $2, 'sent' FROM c""",
}


@pytest.mark.parametrize("table", MADE)
async def test_what_was_noted_of_a_reader_is_kept_to_its_last_day(
    database: Database, rows: asyncpg.Connection, table: str
) -> None:
    person = uuid4()
    await rows.execute("INSERT INTO subject (subject_id) VALUES ($1)", person)
    await rows.execute(MADE[table], person, LAST)
    there = f"SELECT count(*) FROM {table} WHERE subject_id = $1"  # noqa: S608
    await run_as_of(database, RETENTION, LAST)
    assert await rows.fetchval(there, person) == 1
    await run_as_of(database, RETENTION, LAST + A_DAY)
    assert await rows.fetchval(there, person) == 0


async def test_a_sign_up_that_nobody_confirmed_ends(database: Database, rows: asyncpg.Connection) -> None:
    made = """INSERT INTO signup (address_hash, sealed_address, language, text_version, entered_at)
      VALUES ($1, '', 'pl', 'T-7', $2)"""
    old, newer = uuid4().bytes, uuid4().bytes
    await rows.execute(made, old, midnight(LAST + A_DAY) - timedelta(seconds=1))
    await rows.execute(made, newer, midnight(LAST + A_DAY))
    there = "SELECT array_agg(address_hash) FROM signup WHERE address_hash = ANY ($1)"
    await run_as_of(database, RETENTION, LAST + 2 * A_DAY)
    assert len(await rows.fetchval(there, [old, newer])) == 2
    await run_as_of(database, RETENTION, LAST + 3 * A_DAY)
    assert await rows.fetchval(there, [old, newer]) == [newer]
    await rows.execute("DELETE FROM signup WHERE address_hash = $1", newer)


async def test_a_row_without_an_end_is_found(harness: Harness, database: Database, rows: asyncpg.Connection) -> None:
    person = reader("endless")
    await insert_readers(harness, [person])
    await rows.execute("UPDATE subscriber SET keep_until = NULL WHERE subject_id = $1", person.subject_id)
    assert await endless(database, RETENTION) == [Endless("subscriber", 1)]
    await rows.execute("DELETE FROM subscriber WHERE subject_id = $1", person.subject_id)
    assert await endless(database, RETENTION) == []
