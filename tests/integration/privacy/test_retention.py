"""What privacy keeps as proof ends on its day, and with a case all that belongs to it."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.privacy.app import SERVICE
from services.privacy.evidence import audit_store
from shared.database import Database
from shared.law.calendar import midnight
from shared.personal_data.retention.checking import Endless, endless
from shared.purposes import Purpose
from tests.harness import Harness
from tests.retention import A_DAY, purged, run_as_of

RETENTION = SERVICE.retention
CLOSED_ON, ENDS = date(2025, 12, 31), date(2032, 1, 1)
"""Six years from the end of the year in which it was closed."""
CASE = """
INSERT INTO privacy_case (case_id, subject_id, kind, state, channel, language, verified_by, received_at, due_on,
  target_on, run_at, terminate_contract, token_hash, closed_at, order_id)
VALUES ($1, $2, 'access', $3, 'panel', 'pl', 'session', $4, $5, $5, $4, false, $6, $7, $8)
"""
BELONGS = (
    "INSERT INTO staff_look (subject_id, case_id, purpose, by) VALUES ($2, $1, 'rights', gen_random_uuid())",
    """INSERT INTO case_note (note_id, subject_id, case_id, by, text)
    VALUES (gen_random_uuid(), $2, $1, gen_random_uuid(), 'x')""",
    """INSERT INTO case_letter (letter_id, subject_id, case_id, kind, title, text)
    VALUES (gen_random_uuid(), $2, $1, 'note', 'x', 'x')""",
    "INSERT INTO case_refusal (case_id, category, subject_id, ground) VALUES ($1, '', $2, 'x')",
    """INSERT INTO case_event (case_id, actor, before, after)
    SELECT $1, 'clock', 'x', 'closed' WHERE $2::uuid IS NOT NULL""",
)
OF_THE_CASE = ("privacy_case", "staff_look", "case_note", "case_letter", "case_refusal", "case_event")


@pytest.fixture(scope="module")
async def database(harness: Harness) -> AsyncIterator[Database]:
    async with harness.database("privacy") as opened:
        yield opened


@pytest.fixture
async def rows(harness: Harness) -> AsyncIterator[asyncpg.Connection]:
    async with harness.superuser("privacy") as opened:
        yield opened


@pytest.fixture
async def person(rows: asyncpg.Connection) -> UUID:
    subject_id = uuid4()
    await rows.execute("INSERT INTO subject (subject_id) VALUES ($1)", subject_id)
    return subject_id


async def case_of(
    rows: asyncpg.Connection, person: UUID, closed_at: datetime | None, order_id: UUID | None = None
) -> UUID:
    """A case as if it had been opened and closed long ago, with what belongs to it."""
    case_id, received = uuid4(), midnight(date(2025, 6, 1))
    async with rows.transaction():
        await rows.execute("SET LOCAL session_replication_role = replica")  # its steps are nobody's to check
        facts = (case_id, person, "closed" if closed_at else "gathering", received, date(2025, 7, 1), uuid4().bytes)
        await rows.execute(CASE, *facts, closed_at, order_id)
    for statement in BELONGS:
        await rows.execute(statement, case_id, person)
    return case_id


async def left(rows: asyncpg.Connection, case_id: UUID) -> dict[str, int]:
    counts = {
        table: await rows.fetchval(f"SELECT count(*) FROM {table} WHERE case_id = $1", case_id)  # noqa: S608
        for table in OF_THE_CASE
    }
    return {table: count for table, count in counts.items() if count}


async def test_a_closed_case_ends_with_all_that_belongs_to_it(
    database: Database, rows: asyncpg.Connection, person: UUID
) -> None:
    last_second = midnight(CLOSED_ON + A_DAY).replace(microsecond=0) - A_DAY / 86400
    closed = await case_of(rows, person, last_second)
    later = await case_of(rows, person, midnight(CLOSED_ON + A_DAY))
    still_open = await case_of(rows, person, None)
    await run_as_of(database, RETENTION, ENDS - A_DAY)
    assert set(await left(rows, closed)) == set(OF_THE_CASE)
    ran = await run_as_of(database, RETENTION, ENDS)
    assert await left(rows, closed) == {}
    assert purged(ran, "privacy_case: closed").cut_off == CLOSED_ON + A_DAY
    for case_id in (later, still_open):
        assert set(await left(rows, case_id)) == set(OF_THE_CASE)
    await run_as_of(database, RETENTION, date(2060, 1, 1))
    assert set(await left(rows, still_open)) == set(OF_THE_CASE), "what is open has no end"
    async with database.transaction(Purpose.RIGHTS) as tx:
        assert await audit_store.row_flaws(tx, 10) == [], "a lawful end breaks nothing"


PROOFS = {
    "consent": """INSERT INTO consent (subject_id, purpose, given, text_version, language, surface, method, decided_at,
      version, retain_until) VALUES ($1, 'x', false, 'T-1', 'pl', 'panel', 'box', now(), 1, $2)""",
    "disclosure": """INSERT INTO disclosure (subject_id, recipient, purpose, categories, disclosed_at, told_by,
      retain_until) VALUES ($1, 'x', 'P5', '{D5}', now(), 'identity', $2)""",
    "legal_hold": """INSERT INTO legal_hold (hold_id, subject_id, scope, ground, owner, released_at, retain_until)
      VALUES (gen_random_uuid(), $1, '{D9}', 'proceedings', 'officer', now(), $2)""",
}


@pytest.mark.parametrize("table", PROOFS)
async def test_a_proof_is_kept_to_its_last_day(
    database: Database, rows: asyncpg.Connection, person: UUID, table: str
) -> None:
    last = date(2031, 12, 31)
    await rows.execute(PROOFS[table], person, last)
    there = f"SELECT count(*) FROM {table} WHERE subject_id = $1"  # noqa: S608
    await run_as_of(database, RETENTION, last)
    assert await rows.fetchval(there, person) == 1
    await run_as_of(database, RETENTION, last + A_DAY)
    assert await rows.fetchval(there, person) == 0


async def test_a_visitor_s_choice_ends_when_it_is_asked_again(database: Database, rows: asyncpg.Connection) -> None:
    last, visitor = date(2027, 5, 28), uuid4()
    insert = "INSERT INTO cookie_choice (visitor_id, allowed, retain_until) VALUES ($1, '{}', $2)"
    await rows.execute(insert, visitor, last)
    await run_as_of(database, RETENTION, last)
    assert await rows.fetchval("SELECT count(*) FROM cookie_choice WHERE visitor_id = $1", visitor) == 1
    ran = await run_as_of(database, RETENTION, last + A_DAY)
    assert await rows.fetchval("SELECT count(*) FROM cookie_choice WHERE visitor_id = $1", visitor) == 0
    assert purged(ran, "cookie_choice").rows == 1


async def test_a_consent_that_lives_has_no_end(database: Database, rows: asyncpg.Connection, person: UUID) -> None:
    await rows.execute(PROOFS["consent"], person, None)
    await run_as_of(database, RETENTION, date(2090, 1, 1))
    assert await rows.fetchval("SELECT count(*) FROM consent WHERE subject_id = $1", person) == 1


ORDER = """
INSERT INTO erasure_order (order_id, open, subjects, cases, body, ordered_at, closed_at)
VALUES ($1, false, $2, $3, '{}', $4, $4)
"""
REPORT = "INSERT INTO order_report (order_id, service, part, subjects, body) VALUES ($1, 'x', 0, $2, '{}')"


async def test_what_services_reported_ends_with_the_case_and_not_before(
    database: Database, rows: asyncpg.Connection, person: UUID
) -> None:
    """Ordered before the turn of the year, closed after it: the certificate needs both."""
    order_id, ordered_at = uuid4(), midnight(CLOSED_ON)
    case_id = await case_of(rows, person, midnight(CLOSED_ON + A_DAY), order_id)
    await rows.execute(ORDER, order_id, [person], [case_id], ordered_at)
    await rows.execute(REPORT, order_id, [person])
    there = "SELECT count(*) FROM erasure_order JOIN order_report USING (order_id) WHERE order_id = $1"
    ran = await run_as_of(database, RETENTION, ENDS)
    assert await rows.fetchval(there, order_id) == 1
    assert purged(ran, "erasure_order: with what every service reported").skips == {"a case of it is kept": 1}
    await run_as_of(database, RETENTION, date(2033, 1, 1))
    assert (await left(rows, case_id), await rows.fetchval(there, order_id)) == ({}, 0)


async def test_every_services_own_report_of_an_erasure_ends(database: Database, rows: asyncpg.Connection) -> None:
    order_id = uuid4()
    insert = "INSERT INTO erasure_report (order_id, part, body, created_at) VALUES ($1, 0, '{}', $2)"
    await rows.execute(insert, order_id, midnight(CLOSED_ON))
    there = "SELECT count(*) FROM erasure_report WHERE order_id = $1"
    await run_as_of(database, RETENTION, ENDS - A_DAY)
    assert await rows.fetchval(there, order_id) == 1
    await run_as_of(database, RETENTION, ENDS)
    assert await rows.fetchval(there, order_id) == 0


async def test_a_row_without_an_end_is_found(database: Database, rows: asyncpg.Connection, person: UUID) -> None:
    await rows.execute(PROOFS["disclosure"], person, None)
    assert await endless(database, RETENTION) == [Endless("disclosure", 1)]
    await rows.execute("DELETE FROM disclosure WHERE subject_id = $1", person)
    assert await endless(database, RETENTION) == []
