"""Promise 7: kill anything in the middle of a batch; the cases finish, the outcomes are right, nothing twice.

Nobody is reminded in this module: what a kill lost would stay lost and the cases open.
"""

import asyncio
import contextlib
import itertools
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local import postgres, processes, rabbitmq, servers, start, system
from deploy.local.keys import signer
from shared.contracts import privacy
from shared.messaging.request_client import RequestClient
from shared.problems import Refused, Unavailable
from tests.askers import AnyAsker
from tests.faults.conftest import (
    PATIENCE_S,
    SETTINGS,
    WAITS_MS,
    all_closed,
    inside,
    let_run,
    residents_with_cases,
    restart,
)
from tests.harness import DEEPER, eventually

PEOPLE = 120
PARTICIPANTS = tuple(name for name in system.SERVICES if name != "privacy")
seeds = itertools.count(1)

WAITS_FOR_A_LOCK = """
SELECT count(DISTINCT usename) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = ANY ($1)
"""
# Open or not: it may be closed by the time a busy machine looks again.
ORDERED = "SELECT count(*) > 0 FROM erasure_order WHERE subjects && $1::uuid[]"
# What a participant commits in one transaction: its report is the sign that the transaction is through.
REPORTED = "SELECT count(*) > 0 FROM erasure_report WHERE body::json ->> 'subjects' LIKE '%' || $1::text || '%'"
WAITS = "SELECT bool_or(created_at < now() - interval '1 second') FROM outbox WHERE type = $1"


@contextlib.asynccontextmanager
async def held(whole_system: system.System, names: Sequence[str], person: UUID) -> AsyncIterator[None]:
    """Keep the person's row locked in these databases: their transactions stop in the middle."""
    async with inside(whole_system) as databases:
        for name in names:
            await databases[name].execute("BEGIN")
            await databases[name].execute("SELECT lethe.lock_people(ARRAY[$1::uuid])", person)
        yield
        for name in names:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # killed meanwhile
                await databases[name].execute("ROLLBACK")


async def stuck(whole_system: system.System, names: Sequence[str]) -> None:
    """Wait until a transaction of each service stands still before the locked row."""
    users = [f"{name}_app" for name in names]
    admin = await asyncpg.connect(whole_system.servers.postgres_admin_url, timeout=60)
    try:
        await eventually(lambda: _as_many(admin, users))
    finally:
        await admin.close()


async def _as_many(admin: asyncpg.Connection, users: Sequence[str]) -> bool:
    return bool(await admin.fetchval(WAITS_FOR_A_LOCK, users) >= len(users))


async def becomes_true(whole_system: system.System, name: str, sql: str, argument: object) -> None:
    """Wait for a sign in a database without a pause, to be there in the very moment."""
    async with inside(whole_system) as databases:

        async def sign() -> bool:
            while not await databases[name].fetchval(sql, argument):
                pass
            return True

        await asyncio.wait_for(sign(), PATIENCE_S)


Moment = Callable[[system.System, str, Sequence[UUID]], Awaitable[None]]


async def in_the_middle_of_its_transaction(whole_system: system.System, name: str, people: Sequence[UUID]) -> None:
    async with held(whole_system, [name], people[len(people) // 2]):
        await let_run(whole_system, people)
        await stuck(whole_system, [name])
        kill(whole_system, name)


async def as_soon_as_its_transaction_is_through(whole_system: system.System, name: str, people: Sequence[UUID]) -> None:
    """Committed, and perhaps neither acknowledged nor told."""
    await let_run(whole_system, people)
    await becomes_true(whole_system, name, REPORTED, str(people[0]))
    kill(whole_system, name)


async def as_soon_as_it_is_ordered(whole_system: system.System, name: str, people: Sequence[UUID]) -> None:
    """The order is in privacy's database, and perhaps nowhere else."""
    await let_run(whole_system, people)
    await becomes_true(whole_system, "privacy", ORDERED, list(people))
    kill(whole_system, name)


def kill(whole_system: system.System, name: str) -> None:
    pid = processes.running(whole_system.folder, name)
    assert pid is not None, f"{name} ended by itself"
    os.kill(pid, signal.SIGKILL)


async def has_ended(whole_system: system.System, name: str) -> None:
    """Wait until a process is gone that was killed or told to end."""
    await eventually(lambda: asyncio.to_thread(lambda: processes.running(whole_system.folder, name) is None))


MOMENTS = (in_the_middle_of_its_transaction, as_soon_as_its_transaction_is_through, as_soon_as_it_is_ordered)
# Privacy at two moments, of the others each at one: what takes their messages is the same. All with --deep.
KILLED = [
    (name, moment)
    for number, name in enumerate(system.SERVICES)
    for place, moment in enumerate(MOMENTS)
    if DEEPER > 1 or place == (number - 1) % len(MOMENTS) or (name == "privacy" and place == 0)
]


@pytest.mark.parametrize(("name", "moment"), KILLED, ids=[f"{name}-{moment.__name__}" for name, moment in KILLED])
async def test_a_killed_service_loses_nothing(whole_system: system.System, name: str, moment: Moment) -> None:
    people = await residents_with_cases(whole_system, PEOPLE, next(seeds))
    await moment(whole_system, name, people)
    await has_ended(whole_system, name)
    await restart(whole_system, name)
    await all_closed(whole_system, people)
    await check(whole_system, people)


async def test_a_broker_killed_in_the_middle_loses_nothing(whole_system: system.System) -> None:
    """Persistent messages on durable queues; consumers and connections come back."""
    people = await residents_with_cases(whole_system, PEOPLE, next(seeds))
    async with held(whole_system, PARTICIPANTS, people[7]):
        await let_run(whole_system, people)
        await stuck(whole_system, PARTICIPANTS)
        await asyncio.to_thread(rabbitmq.kill, whole_system.folder)
    await asyncio.to_thread(rabbitmq.start, whole_system.folder)
    await all_closed(whole_system, people)
    await check(whole_system, people)


async def test_what_is_told_while_the_broker_is_dead_is_told_later(whole_system: system.System) -> None:
    people = await residents_with_cases(whole_system, PEOPLE, next(seeds))
    await asyncio.to_thread(rabbitmq.kill, whole_system.folder)
    await let_run(whole_system, people)
    await becomes_true(whole_system, "privacy", ORDERED, list(people))
    await becomes_true(whole_system, "privacy", WAITS, "privacy.erasure-ordered.v1")  # its publishing has failed by now
    await asyncio.to_thread(rabbitmq.start, whole_system.folder)
    await all_closed(whole_system, people)
    await check(whole_system, people)


async def test_a_killed_database_loses_nothing(whole_system: system.System) -> None:
    """The consumers wait (shared/messaging/consumer.py; the guard is in test_absence.py)."""
    people = await residents_with_cases(whole_system, PEOPLE, next(seeds))
    async with held(whole_system, PARTICIPANTS, people[7]):
        await let_run(whole_system, people)
        await stuck(whole_system, PARTICIPANTS)
        await asyncio.to_thread(postgres.kill, whole_system.folder)
    await asyncio.to_thread(postgres.start, whole_system.folder, durable=False)
    await all_closed(whole_system, people)
    await check(whole_system, people)


async def test_a_power_cut_loses_nothing(whole_system: system.System) -> None:
    """Every process and every server at once."""
    people = await residents_with_cases(whole_system, PEOPLE, next(seeds))
    async with held(whole_system, PARTICIPANTS, people[7]):
        await let_run(whole_system, people)
        await stuck(whole_system, PARTICIPANTS)
        for name in system.PROCESSES:
            kill(whole_system, name)
        await asyncio.to_thread(servers.kill_servers, whole_system.folder)
        for name in system.PROCESSES:
            await has_ended(whole_system, name)
    begin = partial(start.up, whole_system.folder, durable=False, settings=SETTINGS, waits_ms=WAITS_MS)
    again = await asyncio.to_thread(begin)
    assert again == whole_system, "it comes back where it was"
    await all_closed(whole_system, people)
    await check(whole_system, people)


async def test_what_was_accepted_took_effect_once_although_its_service_was_killed(whole_system: system.System) -> None:
    """A hundred people client, and ask again when no answer came; privacy is killed twice meanwhile."""
    people = [uuid4() for _ in range(100)]
    await with_accounts(whole_system, people)
    client = AnyAsker(whole_system.amqp, signer(whole_system.folder))
    try:
        asking = [asyncio.create_task(insist(client, person, number * 0.02)) for number, person in enumerate(people)]
        for _ in range(2):
            await asyncio.sleep(0.4)
            kill(whole_system, "privacy")
            await has_ended(whole_system, "privacy")
            await restart(whole_system, "privacy")
        await asyncio.gather(*asking)
    finally:
        await client.close()
    await all_closed(whole_system, people)
    async with inside(whole_system) as databases:
        cases = "SELECT count(*), count(DISTINCT subject_id) FROM privacy_case WHERE subject_id = ANY ($1)"
        assert tuple(await databases["privacy"].fetchrow(cases, people) or ()) == (100, 100)


async def with_accounts(whole_system: system.System, people: Sequence[UUID]) -> None:
    async with inside(whole_system) as databases, databases["identity"].transaction():
        identity = databases["identity"]
        await identity.execute("INSERT INTO subject (subject_id) SELECT unnest($1::uuid[])", people)
        await identity.execute(
            "INSERT INTO account (subject_id, email, full_name)"
            " SELECT id, id || '@example.com', 'Anna Nowak' FROM unnest($1::uuid[]) id",
            people,
        )


async def insist(client: RequestClient, person: UUID, after_s: float) -> None:
    """Ask for the erasure until somebody answers; who was heard before the answer was lost hears 409 or 410."""
    await asyncio.sleep(after_s)
    token = uuid4().hex
    request = privacy.OpenCase(subject_id=person, right="erasure", token=token)
    while True:
        try:
            await client.request(request, timeout_s=2, idempotency_key=token, principal=str(person))
        except Unavailable:
            await asyncio.sleep(0.1)
        except Refused as refused:
            if refused.problem.status in (409, 410):
                return
            if refused.problem.status != 503:
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def check(whole_system: system.System, people: Sequence[UUID]) -> None:
    """Everybody is a tombstone everywhere, no live row is left, every report counts everybody once."""
    async with inside(whole_system) as databases:
        for name, connection in databases.items():
            live = "SELECT count(*) FROM subject WHERE subject_id = ANY ($1) AND live"
            assert await connection.fetchval(live, people) == 0, name
            gone = "SELECT count(*) FROM subject WHERE subject_id = ANY ($1)"
            assert await connection.fetchval(gone, people) == len(people), name
            for table in system.service(name).data_map.everything:
                left = f"SELECT count(*) FROM {table.name} WHERE subject_id = ANY ($1) AND live"  # noqa: S608 our own
                assert await connection.fetchval(left, people) == 0, (name, table.name)
        await check_reports(databases["privacy"], people)


async def check_reports(rows: asyncpg.Connection, people: Sequence[UUID]) -> None:
    """Each participant's stored reports cover each person exactly once, and tell of true work."""
    reports = await rows.fetch("SELECT service, subjects, body FROM order_report WHERE subjects && $1::uuid[]", people)
    for name in system.SERVICES:
        mine = [report for report in reports if report["service"] == name]
        assert sorted(s for report in mine for s in report["subjects"]) == sorted(people), name
        outcomes = [o for r in mine for t in json.loads(r["body"])["tables"] for o in t["outcome"]]
        assert "failed" not in outcomes, name
        assert outcomes.count("purged") >= len(people), f"{name} erased nothing: it was done before or not at all"
