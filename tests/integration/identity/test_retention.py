"""What identity keeps ends on its day, at the vendor's midnight: of the living, and of nobody known yet."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.identity.app import SERVICE
from shared.clock import today
from shared.database import Database
from shared.law.calendar import midnight
from shared.personal_data.fields import map_categories
from shared.personal_data.retention.checking import Endless, endless
from shared.purposes import Purpose
from tests.harness import Harness
from tests.retention import A_DAY, purged, run_as_of

RETENTION = SERVICE.retention
A_SECOND = timedelta(seconds=1)
# One entry per class: the table, a row of it with its fact at $2, and how many days it is kept after that.
MADE = {
    "session": (
        "INSERT INTO session (session_id, subject_id, token_hash, expires_at) VALUES (gen_random_uuid(), $1, $3, $2)",
        0,
    ),
    "known_device": ("INSERT INTO known_device (token_hash, subject_id, last_used_at) VALUES ($3, $1, $2)", 90),
    "password_reset": ("INSERT INTO password_reset (token_hash, subject_id, asked_at) VALUES ($3, $1, $2)", 7),
    "email_change": (
        """INSERT INTO email_change (change_id, subject_id, email, old_email, undo_hash, created_at)
        VALUES (gen_random_uuid(), $1, 'new@example.com', 'old@example.com', $3, $2)""",
        7,
    ),
    "activity": ("INSERT INTO activity (subject_id, what, at) SELECT $1, 'signed in', $2 WHERE $3::bytea <> ''", 90),
    "service_mail": (
        """INSERT INTO service_mail (mail_id, subject_id, template, created_at, sent_at)
        SELECT gen_random_uuid(), $1, 'payment-due', $2, $2 WHERE $3::bytea <> ''""",
        None,  # 13 months: its day is told below
    ),
}
# Across the night of 28 to 29 March and that of 24 to 25 October 2026, in winter and in summer.
FACTS = [date(2026, 1, 31), date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)]
THIRTEEN_MONTHS = {
    date(2026, 1, 31): date(2027, 2, 28),
    date(2026, 3, 28): date(2027, 4, 28),
    date(2026, 3, 29): date(2027, 4, 29),
    date(2026, 10, 24): date(2027, 11, 24),
    date(2026, 10, 25): date(2027, 11, 25),
}


@pytest.fixture(scope="module")
async def database(harness: Harness) -> AsyncIterator[Database]:
    """Identity's, which knows the categories of its tables as it does once it has started."""
    async with harness.database("identity") as opened:
        async with opened.transaction(Purpose.UPKEEP) as tx:
            await map_categories(tx, SERVICE.data_map)
        yield opened


@pytest.fixture
async def rows(harness: Harness) -> AsyncIterator[asyncpg.Connection]:
    async with harness.superuser("identity") as opened:
        yield opened


@pytest.fixture
async def person(rows: asyncpg.Connection) -> UUID:
    subject_id = uuid4()
    await rows.execute("INSERT INTO subject (subject_id) VALUES ($1)", subject_id)
    return subject_id


async def count(rows: asyncpg.Connection, table: str, person: UUID) -> int:
    return int(await rows.fetchval(f"SELECT count(*) FROM {table} WHERE subject_id = $1", person))  # noqa: S608


@pytest.mark.parametrize("fact", FACTS, ids=str)
@pytest.mark.parametrize("table", MADE)
async def test_the_last_day_keeps_and_the_next_ends(
    database: Database, rows: asyncpg.Connection, table: str, fact: date
) -> None:
    """A row of the last second of a day, and somebody else's of the first second of the next."""
    (insert, days), people = MADE[table], [uuid4(), uuid4()]
    await rows.execute("INSERT INTO subject (subject_id) SELECT unnest($1::uuid[])", people)
    for person, moment in zip(people, (midnight(fact + A_DAY) - A_SECOND, midnight(fact + A_DAY)), strict=True):
        await rows.execute(insert, person, moment, uuid4().bytes)
    last = THIRTEEN_MONTHS[fact] if days is None else fact + timedelta(days=days)
    for day, left in ((last, [1, 1]), (last + A_DAY, [0, 1]), (last + 40 * A_DAY, [0, 0])):
        await run_as_of(database, RETENTION, day)
        assert [await count(rows, table, person) for person in people] == left


@pytest.mark.parametrize("fact", FACTS, ids=str)
async def test_a_sign_up_that_nobody_confirmed_ends(database: Database, rows: asyncpg.Connection, fact: date) -> None:
    hashes = [uuid4().bytes for _ in range(2)]
    waiting = "INSERT INTO pending_address (address_hash, email, language, newest_at) VALUES ($1, 'x', 'pl', $2)"
    sign_up = """INSERT INTO sign_up (token_hash, address_hash, email, password_hash, full_name, street, postal_code,
      city, country, phone, kind, company, nip, language, created_at)
      VALUES ($1, $1, 'x@example.com', '', 'Anna', '', '', '', 'PL', '', 'person', '', '', 'pl', $2)"""
    for each, moment in zip(hashes, (midnight(fact + A_DAY) - A_SECOND, midnight(fact + A_DAY)), strict=True):
        await rows.execute(waiting, each, moment)
        await rows.execute(sign_up, each, moment)

    async def left(table: str) -> int:
        there = f"SELECT count(*) FROM {table} WHERE address_hash = ANY ($1)"  # noqa: S608
        return int(await rows.fetchval(there, hashes))

    await run_as_of(database, RETENTION, fact + 2 * A_DAY)
    assert (await left("sign_up"), await left("pending_address")) == (2, 2)
    await run_as_of(database, RETENTION, fact + 3 * A_DAY)
    assert (await left("sign_up"), await left("pending_address")) == (1, 1)


TRACES = """
SELECT t.what, t.day FROM activity_trace t JOIN activity_pseudonym p USING (pseudonym) WHERE p.subject_id = $1
"""


async def traces(rows: asyncpg.Connection, person: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await rows.fetch(TRACES, person)]


async def test_activity_goes_on_under_a_pseudonym_and_then_is_only_counted(
    database: Database, rows: asyncpg.Connection, person: UUID
) -> None:
    day, what = date(2026, 3, 29), f"signed in {uuid4().hex}"
    insert = "INSERT INTO activity (subject_id, what, ip, at) VALUES ($1, $2, '203.0.113.9', $3)"
    for moment in (midnight(day), midnight(day), midnight(day + A_DAY) - A_SECOND):
        await rows.execute(insert, person, what, moment)
    counted = "SELECT month, times FROM activity_count WHERE what = $1"
    ran = await run_as_of(database, RETENTION, day + timedelta(days=91))
    assert purged(ran, "activity: raw, goes on under a pseudonym").rows >= 3
    assert await traces(rows, person) == [{"what": what, "day": day}] * 3, "neither address nor hour"
    await run_as_of(database, RETENTION, date(2027, 4, 29))
    assert len(await traces(rows, person)) == 3
    assert await rows.fetchrow(counted, what) is None
    await run_as_of(database, RETENTION, date(2027, 4, 30))
    assert await traces(rows, person) == []
    assert await count(rows, "activity_pseudonym", person) == 0
    assert dict(await rows.fetchrow(counted, what) or {}) == {"month": date(2026, 3, 1), "times": 3}


async def test_what_a_letter_told_of_ends_before_that_it_left(
    database: Database, rows: asyncpg.Connection, person: UUID
) -> None:
    day = date(2026, 10, 25)
    insert = """INSERT INTO service_mail (mail_id, subject_id, template, facts, email, created_at, sent_at)
      VALUES (gen_random_uuid(), $1, 'payment-due', '{"invoice": "FV/1"}', 'old@example.com', $2, $2)"""
    await rows.execute(insert, person, midnight(day))
    told = "SELECT template, facts, email FROM service_mail WHERE subject_id = $1"
    await run_as_of(database, RETENTION, day + timedelta(days=90))
    assert dict(await rows.fetchrow(told, person) or {})["email"] == "old@example.com"
    await run_as_of(database, RETENTION, day + timedelta(days=91))
    assert dict(await rows.fetchrow(told, person) or {}) == {"template": "payment-due", "facts": "{}", "email": None}


@pytest.mark.parametrize(
    ("table", "what", "category"),
    [("known_device", "known_device", "D7"), ("activity", "activity: raw, goes on under a pseudonym", "D11")],
)
async def test_a_restriction_and_a_hold_stop_it_and_are_listed(
    database: Database, rows: asyncpg.Connection, person: UUID, table: str, what: str, category: str
) -> None:
    """Also where the restriction is of the very category of holds: it hides no hold from the purge."""
    await rows.execute(MADE[table][0], person, midnight(date(2026, 1, 1)), uuid4().bytes)
    place = """INSERT INTO hold (hold_id, subject_id, scope, version, review_at, provisions, exemptions)
      VALUES (gen_random_uuid(), $1, ARRAY[$2], 1, current_date + 90, '{KC art. 118}', '{GDPR Art. 17(3)(e)}')"""
    await rows.execute(place, person, category)
    forbid = "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, $2, false, 1)"
    await rows.execute(forbid, person, "*D15")
    ran = await run_as_of(database, RETENTION, today())
    assert await count(rows, table, person) == 1
    assert purged(ran, what).skips == {"hold: KC art. 118": 1}
    await rows.execute("DELETE FROM hold WHERE subject_id = $1", person)
    await rows.execute(forbid, person, f"*{category}")
    ran = await run_as_of(database, RETENTION, today())
    assert await count(rows, table, person) == 1
    assert purged(ran, what).skips == {"restriction": 1}
    await rows.execute("DELETE FROM permission WHERE subject_id = $1", person)
    await run_as_of(database, RETENTION, today())
    assert await count(rows, table, person) == 0


async def test_a_row_without_an_end_is_found(database: Database, rows: asyncpg.Connection, person: UUID) -> None:
    assert await endless(database, RETENTION) == []
    insert = "INSERT INTO known_device (token_hash, subject_id, last_used_at) VALUES ($1, $2, '2017-01-01')"
    await rows.execute(insert, uuid4().bytes, person)
    await rows.execute("INSERT INTO credential (subject_id, password_hash) VALUES ($1, '')", person)
    found = await endless(database, RETENTION)
    assert found == [Endless("credential", 1), Endless("known_device", 1)], "no account, and no rule of that time"
    for table in ("credential", "known_device"):
        await rows.execute(f"DELETE FROM {table} WHERE subject_id = $1", person)  # noqa: S608
