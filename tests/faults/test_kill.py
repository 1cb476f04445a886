"""Promise 7: kill anything in the middle of a batch; the cases finish, the outcomes are right, nothing twice."""

import asyncio
import json
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest

from deploy import population
from deploy.local import postgres, processes, rabbitmq, system
from deploy.population import Resident
from services.privacy.cases.population import insert_cases, release
from tests.faults.conftest import inside, restart
from tests.house import eventually

PEOPLE = 300
PATIENCE_S = 60.0


async def settled(city: system.System, seed: int) -> list[Resident]:
    people = population.residents(PEOPLE, seed)
    async with inside(city) as databases:
        await population.settle(databases, people)
        await insert_cases(databases["privacy"], [p.subject_id for p in people])
    return people


async def let_run(city: system.System, people: Sequence[Resident]) -> None:
    async with inside(city) as databases:
        await release(databases["privacy"], [p.subject_id for p in people])


async def all_closed(city: system.System, people: Sequence[Resident]) -> None:
    ids = [p.subject_id for p in people]

    async def closed() -> bool:
        try:
            async with inside(city) as databases:
                left = await databases["privacy"].fetchval(
                    "SELECT count(*) FROM privacy_case WHERE subject_id = ANY ($1) AND state <> 'closed'", ids
                )
        except (OSError, asyncpg.PostgresError):
            return False  # the database is the one that was killed
        return bool(left == 0)

    await eventually(closed, PATIENCE_S)


async def check(city: system.System, people: Sequence[Resident]) -> None:
    """Everybody is a tombstone everywhere, every report counts everybody once, no live row is left."""
    ids = [p.subject_id for p in people]
    async with inside(city) as databases:
        for name, connection in databases.items():
            live = await connection.fetchval("SELECT count(*) FROM subject WHERE subject_id = ANY ($1) AND live", ids)
            assert live == 0, name
            for table in system.service(name).data_map.everything:
                condition = "live" if table.kept else "true"
                left = await connection.fetchval(
                    f"SELECT count(*) FROM {table.name} WHERE subject_id = ANY ($1) AND {condition}",  # noqa: S608
                    ids,
                )
                assert left == 0, (name, table.name)
        await check_reports(databases["privacy"], ids)


async def check_reports(privacy: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Each participant's stored reports cover each person exactly once."""
    rows = await privacy.fetch(
        "SELECT service, subjects, body FROM order_report WHERE subjects && $1::uuid[]", list(ids)
    )
    for name in system.SERVICES:
        covered = [s for row in rows if row["service"] == name for s in row["subjects"]]
        assert sorted(covered) == sorted(ids), name
        purged = 0
        for row in rows:
            if row["service"] == name:
                tables = json.loads(row["body"])["tables"]
                assert all(outcome != "failed" for t in tables for outcome in t["outcome"])
                purged += sum(t["outcome"].count("purged") for t in tables)
        assert purged > 0, f"{name} erased nothing"


@pytest.mark.parametrize("name", system.SERVICES)
async def test_a_killed_service_loses_nothing(city: system.System, name: str) -> None:
    """Guard: acknowledge after commit (shared/messaging/consumer.py). Seen to fail with an early ack."""
    for round_number in range(3):
        people = await settled(city, 1000 * system.SERVICES.index(name) + round_number)
        await let_run(city, people)
        await asyncio.sleep(0.05 * round_number)  # another moment of the batch each round
        await asyncio.to_thread(processes.kill, city.folder, name)
        await restart(city, name)
        await all_closed(city, people)
        await check(city, people)


async def test_a_killed_broker_loses_nothing(city: system.System) -> None:
    """Guard: persistent messages, confirms before the outbox row goes, consumers that come back."""
    people = await settled(city, 50_000)
    await let_run(city, people)
    await asyncio.to_thread(rabbitmq.kill, city.folder)
    await asyncio.to_thread(rabbitmq.start, city.folder)
    await all_closed(city, people)
    await check(city, people)


async def test_a_killed_database_loses_nothing(city: system.System) -> None:
    """Guard: infrastructure faults pause the consumer (shared/messaging/consumer.py)."""
    people = await settled(city, 60_000)
    await let_run(city, people)
    await asyncio.to_thread(postgres.kill, city.folder)
    await asyncio.to_thread(postgres.start, city.folder, durable=True)
    await all_closed(city, people)
    await check(city, people)
