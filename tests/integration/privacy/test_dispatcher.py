"""The dispatcher: everything ready goes into one order, a few orders at a time, and nobody is passed over."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from deploy.population.cases import insert_cases, release
from services.privacy.app import SERVICE
from services.privacy.erasure_orders.reports import apply
from services.privacy.erasure_orders.store import PICK
from services.privacy.jobs.erasure_orders import MAX_UNANSWERED, dispatch
from services.privacy.jobs.reminders import REMINDED_AT_ONCE, remind
from services.privacy.settings import PrivacySettings
from services.privacy.traces.store import DUE
from shared.contracts.privacy import MAX_SUBJECTS, ErasureOrdered
from shared.database import Database
from shared.purposes import Purpose
from tests import harness as harnesses
from tests.fake_participants import GATHERED, said

SETTINGS = PrivacySettings.model_validate(
    {"amqp_url": "amqp://x", "ledger": "x", "keys": f"1:{'k' * 32}", "remind_after_s": 60}
)
REQUIRED = ("identity", "privacy")
JOIN = "INSERT INTO participant (service, map_version, tables) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING"
FRESH = "TRUNCATE participant, privacy_case, erasure_order, order_participant, outbox, subject_link CASCADE"
WAITS = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
ORDERS = "SELECT count(*) FROM erasure_order"
NEWEST_ORDER = "SELECT body FROM erasure_order ORDER BY ordered_at DESC LIMIT 1"
MANY = 4 * MAX_UNANSWERED
MANY_OWED = """
WITH orders AS (INSERT INTO erasure_order (order_id, subjects, cases, body, ordered_at)
  SELECT gen_random_uuid(), ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()], '{}', now() - make_interval(hours => n)
  FROM generate_series(1, $1) n RETURNING order_id)
INSERT INTO order_participant (order_id, service, map_version, tables, awaited)
SELECT order_id, 'marketing', 1, '{thing}', 1 FROM orders
"""
REMINDERS = """
SELECT reminders FROM order_participant p JOIN erasure_order o USING (order_id) WHERE owes ORDER BY o.ordered_at
"""


@pytest.fixture(scope="module")
async def privacy(servers: Servers) -> AsyncIterator[harnesses.Harness]:
    harness = await harnesses.build(servers, [SERVICE])
    yield harness
    await harnesses.tear_down(harness)


@pytest.fixture
async def database(privacy: harnesses.Harness) -> AsyncIterator[Database]:
    async with privacy.superuser("privacy") as connection:
        await connection.execute(FRESH)
        for name in REQUIRED:
            await connection.execute(JOIN, name, json.dumps([{"name": "account"}]))
    async with privacy.database("privacy") as opened:
        yield opened


async def ready(privacy: harnesses.Harness, count: int) -> list[UUID]:
    """Cases that are due to run, and for which it was gathered what is searched for afterwards."""
    people = [uuid4() for _ in range(count)]
    async with privacy.superuser("privacy") as connection:
        await insert_cases(connection, people)
        await release(connection, people)
        await connection.execute(GATHERED)
    return people


async def orders(privacy: harnesses.Harness) -> int:
    async with privacy.superuser("privacy") as connection:
        return int(await connection.fetchval(ORDERS))


async def test_what_is_ready_goes_together(privacy: harnesses.Harness, database: Database) -> None:
    people = await ready(privacy, 7)
    await dispatch(database, REQUIRED)
    async with privacy.superuser("privacy") as connection:
        assert sorted(await connection.fetchval("SELECT subjects FROM erasure_order")) == sorted(people)
        body = json.loads(await connection.fetchval("SELECT body FROM outbox"))
    assert {p["service"] for p in body["participants"]} == set(REQUIRED)
    assert len(body["subjects"]) == 7


NOT_DUE = "UPDATE privacy_case SET run_at = now() + interval '1 hour' WHERE subject_id = $1"
HELD = """
INSERT INTO hold (hold_id, subject_id, scope, version, review_at, provisions, exemptions)
VALUES (gen_random_uuid(), $1, '{*}', 1, current_date + 90, '{KPC art. 6}', '{GDPR Art. 17(3)(e)}')
"""


@pytest.mark.parametrize("since", [NOT_DUE, HELD], ids=["put off", "held"])
async def test_what_changed_since_it_was_gathered_counts(
    privacy: harnesses.Harness, database: Database, since: str
) -> None:
    waiting, other = await ready(privacy, 2)
    async with privacy.superuser("privacy") as connection:
        await connection.execute(since, waiting)
    await dispatch(database, REQUIRED)
    async with privacy.superuser("privacy") as connection:
        assert await connection.fetchval("SELECT subjects FROM erasure_order") == [other]


async def test_linked_ids_count_when_an_order_is_filled(privacy: harnesses.Harness, database: Database) -> None:
    """Three ids each: no order names more than its contract allows, and nobody is cut in two."""
    people = await ready(privacy, 400)
    async with privacy.superuser("privacy") as connection:
        await connection.execute(LINK_TWO_MORE, people)
    for _ in range(2):
        await dispatch(database, REQUIRED)
    async with privacy.superuser("privacy") as connection:
        orders = await connection.fetch("SELECT body FROM outbox ORDER BY created_at")
    named = [ErasureOrdered.model_validate_json(order["body"]).subjects for order in orders]
    assert [len(subjects) for subjects in named] == [MAX_SUBJECTS - 1, 1200 - MAX_SUBJECTS + 1]
    per_case = Counter(subject.case_id for subjects in named for subject in subjects)
    assert set(per_case.values()) == {3}
    assert not {s.case_id for s in named[0]} & {s.case_id for s in named[1]}


LINK_TWO_MORE = """
WITH ids AS (
  SELECT p AS person, p AS subject_id FROM unnest($1::uuid[]) p
  UNION ALL SELECT p, gen_random_uuid() FROM unnest($1::uuid[]) p, generate_series(1, 2)),
known AS (INSERT INTO subject (subject_id) SELECT subject_id FROM ids ON CONFLICT DO NOTHING)
INSERT INTO subject_link (subject_id, person) SELECT subject_id, person FROM ids
"""


async def test_reminders_go_on_however_long_somebody_is_silent(privacy: harnesses.Harness, database: Database) -> None:
    await ready(privacy, 1)
    await dispatch(database, REQUIRED)
    async with privacy.superuser("privacy") as connection:
        await connection.execute("UPDATE order_participant SET reminders = 1000, asked_at = now() - interval '2 hours'")
        await remind(database, SETTINGS)
        reminded = "SELECT count(*) FROM outbox WHERE type = 'privacy.erasure-reminded.v1'"
        assert await connection.fetchval(reminded) == 1
        await remind(database, SETTINGS)
        assert await connection.fetchval(reminded) == 1, "an hour between them"


async def joined(privacy: harnesses.Harness, *names: str) -> None:
    async with privacy.superuser("privacy") as connection:
        for name in names:
            await connection.execute(JOIN, name, json.dumps([{"name": "thing"}]))


async def ordered(privacy: harnesses.Harness, database: Database, people: int = 1) -> ErasureOrdered:
    """One more order, which has to leave at once."""
    before = await orders(privacy)
    await ready(privacy, people)
    await dispatch(database, REQUIRED)
    assert await orders(privacy) == before + 1
    async with privacy.superuser("privacy") as connection:
        return ErasureOrdered.model_validate_json(await connection.fetchval(NEWEST_ORDER))


async def answer(database: Database, order: ErasureOrdered, *names: str, people: int | None = None) -> None:
    """Some participants report on everybody, or on the first few."""
    subjects = tuple(person.subject_id for person in order.subjects)[:people]
    for name in names:
        report = said(name, order, subjects, table="account" if name == "identity" else "thing")
        async with database.transaction(Purpose.ERASURE) as tx:
            await apply(tx, report, report.model_dump_json())


async def test_who_is_silent_holds_no_slot_of_the_others(privacy: harnesses.Harness, database: Database) -> None:
    await joined(privacy, "licensing", "marketing")
    for _ in range(MANY):
        await answer(database, await ordered(privacy, database), "identity", "licensing")


async def test_one_that_answers_is_enough_to_go_on(privacy: harnesses.Harness, database: Database) -> None:
    await joined(privacy, "licensing", "marketing")
    for _ in range(MANY):
        await answer(database, await ordered(privacy, database), "marketing")


async def test_an_order_that_nobody_can_close_holds_no_slot(privacy: harnesses.Harness, database: Database) -> None:
    """Its reports are dead letters, while everybody answers all others."""
    await joined(privacy, "licensing")
    for _ in range(MAX_UNANSWERED - 1):
        await ordered(privacy, database)
    for _ in range(MANY):
        await answer(database, await ordered(privacy, database), "identity", "licensing")


async def test_while_nobody_answers_a_few_orders_are_out_and_the_rest_gathers(
    privacy: harnesses.Harness, database: Database
) -> None:
    await joined(privacy, "licensing")
    out = [await ordered(privacy, database) for _ in range(MAX_UNANSWERED)]
    for _ in range(2):
        await ready(privacy, 1)
        await dispatch(database, REQUIRED)
    assert await orders(privacy) == MAX_UNANSWERED
    await answer(database, out[0], "licensing")
    assert len((await ordered(privacy, database)).subjects) == 3, "what gathered leaves together"


async def test_an_answer_in_part_frees_no_slot(privacy: harnesses.Harness, database: Database) -> None:
    out = [await ordered(privacy, database, people=2) for _ in range(MAX_UNANSWERED)]
    await answer(database, out[0], "identity", people=1)
    await ready(privacy, 1)
    await dispatch(database, REQUIRED)
    assert await orders(privacy) == MAX_UNANSWERED


async def test_who_was_away_for_long_finds_a_bounded_heap_of_reminders(
    privacy: harnesses.Harness, database: Database
) -> None:
    """An order that never came is reminded of when those before it are answered; the clock moves in the database."""
    await joined(privacy, "marketing")
    async with privacy.superuser("privacy") as connection:
        await connection.execute(MANY_OWED, REMINDED_AT_ONCE + 20)
        for _ in range(3):
            await connection.execute("UPDATE order_participant SET asked_at = asked_at - interval '2 hours'")
            await remind(database, SETTINGS)
        per_order = await connection.fetch(REMINDERS)
        assert [row["reminders"] for row in per_order] == [3] * REMINDED_AT_ONCE + [0] * 20
        await connection.execute("UPDATE order_participant SET answered = awaited WHERE reminders > 0")
        await remind(database, SETTINGS)
        assert [row["reminders"] for row in await connection.fetch(REMINDERS)] == [1] * 20


async def test_nothing_is_ordered_without_a_required_participant(
    privacy: harnesses.Harness, database: Database
) -> None:
    await ready(privacy, 1)
    await dispatch(database, (*REQUIRED, "licensing"))
    assert await orders(privacy) == 0


async def test_a_case_whose_letter_is_being_taken_is_waited_for(privacy: harnesses.Harness, database: Database) -> None:
    await ready(privacy, 1)
    async with privacy.superuser("privacy") as letters:
        async with letters.transaction():
            await letters.execute("UPDATE privacy_case SET attempt = attempt")
            dispatching = asyncio.create_task(dispatch(database, REQUIRED))
            await harnesses.eventually(lambda: waiting(privacy))
        await dispatching
    assert await orders(privacy) == 1


async def waiting(privacy: harnesses.Harness) -> bool:
    async with privacy.superuser("privacy") as connection:
        return bool(await connection.fetchval(WAITS))


@pytest.mark.parametrize("statement", [PICK, DUE], ids=["orders", "values"])
async def test_due_cases_are_looked_up_and_not_joined(database: Database, statement: str) -> None:
    """A join behind row-level security reads the whole second table for each case: 2,000 took 12 s."""
    async with database.transaction(Purpose.ERASURE) as tx:
        plan = "\n".join(row[0] for row in await tx.rows(f"EXPLAIN {statement}", 500, 500))
    assert "trace_search" in plan
    assert not re.search(r"(Semi|Anti) Join", plan)
