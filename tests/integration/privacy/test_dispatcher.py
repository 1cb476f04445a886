"""The dispatcher: everything ready goes into one order, a few orders at a time, and nobody is passed over."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from deploy.population.cases import insert_cases, release
from services.privacy.app import SERVICE
from services.privacy.jobs.erasure_orders import MAX_IN_FLIGHT, dispatch
from services.privacy.jobs.reminders import remind
from services.privacy.settings import PrivacySettings
from shared.contracts.privacy import MAX_SUBJECTS, ErasureOrdered
from shared.database import Database
from tests import harness as harnesses

SETTINGS = PrivacySettings.model_validate({"amqp_url": "amqp://x", "keys": f"1:{'k' * 32}", "remind_after_s": 60})
REQUIRED = ("identity", "privacy")
JOIN = "INSERT INTO participant (service, map_version, tables) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING"
FRESH = "TRUNCATE participant, privacy_case, erasure_order, order_participant, outbox, subject_link CASCADE"
WAITS = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
ORDERS = "SELECT count(*) FROM erasure_order"


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
    people = [uuid4() for _ in range(count)]
    async with privacy.superuser("privacy") as connection:
        await insert_cases(connection, people)
        await release(connection, people)
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


async def test_no_more_orders_are_in_flight_than_allowed(privacy: harnesses.Harness, database: Database) -> None:
    for _ in range(MAX_IN_FLIGHT + 2):
        await ready(privacy, 1)
        await dispatch(database, REQUIRED)
    assert await orders(privacy) == MAX_IN_FLIGHT


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
