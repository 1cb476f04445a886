"""Promise 1: an erasure waits for whoever is away, and one poisoned person holds up nobody else."""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import aio_pika
import asyncpg
import httpx
import pytest

from deploy import broker
from deploy.local import processes, system
from shared.messaging.consumer import DONE, DUPLICATE
from shared.messaging.topology import dead_letters
from tests.faults.conftest import all_closed, inside, let_run, residents_with_cases, restart
from tests.gateway import TLS
from tests.harness import eventually

IMPATIENT = {"LETHE_REMIND_AFTER_S": "0.5"}
ABSENT = "marketing"

POISON = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}', CONSTRAINT = 'the_poison'; END $$;
CREATE TRIGGER poison BEFORE DELETE ON subscriber FOR EACH ROW
  WHEN (OLD.subject_id = '{person}') EXECUTE FUNCTION poison()
"""
AGAIN = """
SELECT run_at > closed + interval '30 seconds' FROM privacy_case
JOIN (SELECT order_id, closed_at AS closed FROM erasure_order) o USING (order_id) WHERE subject_id = $1
"""


@pytest.fixture(scope="module", autouse=True)
async def impatient(whole_system: system.System) -> AsyncIterator[None]:
    """A privacy that reminds the silent after half a second."""
    await asyncio.to_thread(processes.stop, whole_system.folder, "privacy")
    await restart(whole_system, "privacy", IMPATIENT)
    yield
    await asyncio.to_thread(processes.stop, whole_system.folder, "privacy")
    await restart(whole_system, "privacy")


async def metric(whole_system: system.System, name: str, sample: str) -> float:
    """A sample of a process's metrics, labels and all; 0 when it was never counted."""
    async with httpx.AsyncClient(timeout=60, trust_env=False, verify=TLS) as client:
        text = (await client.get(f"{whole_system.health_url(name)}/metrics")).text
    match = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
    return float(match.group(1)) if match else 0.0


async def states(whole_system: system.System, people: Sequence[UUID]) -> dict[str, int]:
    async with inside(whole_system, ["privacy"]) as databases:
        rows = await databases["privacy"].fetch(
            "SELECT state, count(*) FROM privacy_case WHERE subject_id = ANY ($1) GROUP BY state", people
        )
    return {row["state"]: row["count"] for row in rows}


async def told(whole_system: system.System, name: str, words: str) -> bool:
    """Whether a process has logged these fixed words as an error or a warning."""
    lines = (whole_system.folder / "logs" / f"{name}.log").read_text().rpartition("\n")[0].splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    return any(e["event"] == words and e["level"] in ("error", "warning") for e in entries)


@pytest.mark.parametrize("sqlstate", ["23514", pytest.param("P0001", marks=pytest.mark.deep)])
async def test_one_poisoned_person_holds_up_nobody_else(whole_system: system.System, sqlstate: str) -> None:
    people = await residents_with_cases(whole_system, 500, int(sqlstate, 36))
    poisoned = people[321]
    failed_before = await metric(whole_system, ABSENT, f'lethe_erasure_failed_total{{service="{ABSENT}"}}')
    async with inside(whole_system) as databases:
        await databases[ABSENT].execute(POISON.format(person=poisoned, sqlstate=sqlstate))
        try:
            await let_run(whole_system, people)
            await eventually(lambda: has_states(whole_system, people, {"closed": 499, "failed": 1}))
            rows = databases["privacy"]
            assert (
                await rows.fetchval(
                    "SELECT count(DISTINCT order_id) FROM privacy_case WHERE subject_id = ANY ($1)", people
                )
                == 1
            ), "in one round"
            failure = await rows.fetchrow(
                "SELECT r.subjects, r.body::json -> 'failure' ->> 'sqlstate' AS sqlstate,"
                " r.body::json -> 'failure' ->> 'constraint' AS name FROM order_report r"
                " WHERE $1 = ANY (r.subjects) AND r.service = $2",
                poisoned,
                ABSENT,
            )
            assert failure is not None
            assert tuple(failure) == ([poisoned], sqlstate, "the_poison")
            for name, connection in databases.items():
                live = await connection.fetch(
                    "SELECT subject_id FROM subject WHERE subject_id = ANY ($1) AND live", people
                )
                expected = {poisoned} if name in (ABSENT, "privacy") else set()
                assert {row["subject_id"] for row in live} == expected, name
            assert (
                await databases[ABSENT].fetchval("SELECT count(*) FROM subscriber WHERE subject_id = $1", poisoned) == 1
            )
            # the alarms of operators: logs and metrics of both sides
            assert await told(whole_system, "privacy", "erasure failed for people of an order")
            assert await told(whole_system, ABSENT, "erasure of a person failed")
            after = await metric(whole_system, ABSENT, f'lethe_erasure_failed_total{{service="{ABSENT}"}}')
            assert after == failed_before + 1
            await eventually(lambda: has_metric(whole_system, 'lethe_erasure_cases{state="failed"}', 1))
        finally:
            await databases[ABSENT].execute("DROP FUNCTION poison() CASCADE")
        assert await rows.fetchval(AGAIN, poisoned), "it is tried again by itself, later"
        await rows.execute("UPDATE privacy_case SET run_at = now() WHERE subject_id = $1", poisoned)
    await all_closed(whole_system, people)
    await eventually(lambda: has_metric(whole_system, 'lethe_erasure_cases{state="failed"}', 0))


async def has_states(whole_system: system.System, people: Sequence[UUID], wanted: dict[str, int]) -> bool:
    return await states(whole_system, people) == wanted


async def has_metric(whole_system: system.System, sample: str, wanted: float) -> bool:
    return await metric(whole_system, "privacy", sample) == wanted


async def reminders(whole_system: system.System, people: Sequence[UUID]) -> dict[str, int]:
    """How often each participant of their orders was reminded."""
    async with inside(whole_system, ["privacy"]) as databases:
        rows = await databases["privacy"].fetch(
            "SELECT service, sum(reminders) AS reminders FROM order_participant p JOIN erasure_order o USING (order_id)"
            " WHERE o.subjects && $1::uuid[] GROUP BY service",
            people,
        )
    return {row["service"]: row["reminders"] for row in rows}


async def the_absent_alone_is_reminded(whole_system: system.System, people: Sequence[UUID]) -> bool:
    """Wait for one more reminder of it, the second at least; whether nobody else had one meanwhile."""
    before = await reminders(whole_system, people)

    async def reminded() -> bool:
        return (await reminders(whole_system, people))[ABSENT] >= max(2, before[ABSENT] + 1)

    await eventually(reminded)
    return await reminders(whole_system, people) | {ABSENT: 0} == before | {ABSENT: 0}


async def owed_by_the_absent_alone(whole_system: system.System, people: Sequence[UUID]) -> bool:
    async with inside(whole_system, ["privacy"]) as databases:
        owed = await databases["privacy"].fetch(OWED, people)
    return [row["service"] for row in owed] == [ABSENT]


async def check_that_all_wait_for_the_absent(whole_system: system.System, people: Sequence[UUID]) -> None:
    """Reminded alone and again and again, seen in metrics, near the due date an alarm, and nothing closed."""
    await eventually(lambda: has_states(whole_system, people, {"ordered": len(people)}))
    await eventually(lambda: owed_by_the_absent_alone(whole_system, people))
    # Who has answered is left alone; a round of reminders may have been under way when the last one did.
    once = await the_absent_alone_is_reminded(whole_system, people)
    assert once or await the_absent_alone_is_reminded(whole_system, people)
    assert await states(whole_system, people) == {"ordered": len(people)}
    await eventually(lambda: has_metric(whole_system, "lethe_erasure_silent_participants", 1))
    assert await told(whole_system, "privacy", "participant reminded")
    async with inside(whole_system, ["privacy"]) as databases:
        late = "UPDATE privacy_case SET due_on = current_date - 1 WHERE subject_id = ANY ($1)"
        await databases["privacy"].execute(late, people)
    await eventually(lambda: has_metric(whole_system, "lethe_erasure_cases_nearly_due", len(people)))
    await eventually(lambda: told(whole_system, "privacy", "case is close to its due date"))
    assert await states(whole_system, people) == {"ordered": len(people)}, "nothing closes by timeout"


ORDERS = "SELECT count(*) FROM erasure_order WHERE subjects && $1::uuid[]"
ORDERED = f"{ABSENT}.on.privacy.erasure-ordered"
REMINDED = f"{ABSENT}.on.privacy.erasure-reminded"
TAKEN = f'lethe_message_seconds_count{{consumer="{REMINDED}"}}'


async def check_that_it_was_done_once(
    whole_system: system.System, people: Sequence[UUID], before: tuple[float, float]
) -> None:
    """However often it was reminded: each order and reminder is ended, one report is stored, nothing is given up."""
    await all_closed(whole_system, people)
    async with inside(whole_system) as databases:
        orders = await databases["privacy"].fetchval(ORDERS, people)
    # An order may come after its reminders. Under way still when privacy is ended, it would ask it in vain for
    # addresses, until its last attempt.
    expected = (before[0] + (await reminders(whole_system, people))[ABSENT], before[1] + orders)
    await eventually(lambda: have_ended(whole_system, expected))
    async with inside(whole_system) as databases:
        reports = await databases["privacy"].fetch(
            "SELECT service, subjects FROM order_report WHERE subjects && $1::uuid[]", people
        )
        for name in system.SERVICES:
            assert sorted(s for r in reports if r["service"] == name for s in r["subjects"]) == sorted(people), name
        own = "SELECT count(*) FROM erasure_report WHERE body LIKE '%' || $1 || '%'"
        assert await databases[ABSENT].fetchval(own, str(people[0])) == 1
    assert await given_up(whole_system) == 0
    await eventually(lambda: has_metric(whole_system, "lethe_erasure_silent_participants", 0))


async def counted(whole_system: system.System) -> tuple[float, float]:
    """How many reminders the absent one has taken, and how many orders it has come to an end with."""
    ended = [f'{{consumer="{ORDERED}",outcome="{outcome}"}}' for outcome in (DONE, DUPLICATE)]
    orders = [await metric(whole_system, ABSENT, f"lethe_messages_handled_total{labels}") for labels in ended]
    return await metric(whole_system, ABSENT, TAKEN), sum(orders)


async def have_ended(whole_system: system.System, expected: tuple[float, float]) -> bool:
    return all(now >= then for now, then in zip(await counted(whole_system), expected, strict=True))


async def given_up(whole_system: system.System) -> int:
    """How many dead letters there are; the broker's own count, not that of its statistics."""
    connection = await aio_pika.connect(broker.in_virtual_host(whole_system.servers.amqp_url, system.VIRTUAL_HOST))
    async with connection:
        channel = await connection.channel()
        queues = [await channel.declare_queue(dead_letters(name), passive=True) for name in system.SERVICES]
        return sum(queue.declaration_result.message_count or 0 for queue in queues)


async def test_a_participant_that_was_down_through_the_whole_order(whole_system: system.System) -> None:
    """The order waits in its durable queue, and a participant that is silent is reminded alone."""
    people = await residents_with_cases(whole_system, 100, 71)
    await asyncio.to_thread(processes.stop, whole_system.folder, ABSENT)
    await let_run(whole_system, people)
    await check_that_all_wait_for_the_absent(whole_system, people)
    await restart(whole_system, ABSENT)
    await check_that_it_was_done_once(whole_system, people, (0, 0))


ORDERS_OF_AN_HOUR = 12
OWED = """
SELECT p.service, count(*) FROM order_participant p JOIN erasure_order o USING (order_id)
WHERE o.subjects && $1::uuid[] AND p.service <> 'privacy' AND p.answered < cardinality(o.subjects) GROUP BY p.service
"""
AN_HOUR_PASSES = "UPDATE order_participant SET asked_at = asked_at - interval '1 hour'"


async def test_with_one_away_for_an_hour_all_others_go_on(whole_system: system.System) -> None:
    """Each order reaches those who are there at once, and they report; the hour passes in the database."""
    people = await residents_with_cases(whole_system, ORDERS_OF_AN_HOUR, 74)
    await asyncio.to_thread(processes.stop, whole_system.folder, ABSENT)
    for count, person in enumerate(people, start=1):
        await let_run(whole_system, [person])
        await eventually(lambda count=count: owed_alone(whole_system, people, count))  # type: ignore[misc]
    async with inside(whole_system, ["privacy"]) as databases:
        await databases["privacy"].execute(AN_HOUR_PASSES)
    await check_that_all_wait_for_the_absent(whole_system, people)
    await restart(whole_system, ABSENT)
    await check_that_it_was_done_once(whole_system, people, (0, 0))


async def owed_alone(whole_system: system.System, people: Sequence[UUID], orders: int) -> bool:
    """Whether so many orders are out, and wait for the absent one alone."""
    async with inside(whole_system, ["privacy"]) as databases:
        owed = await databases["privacy"].fetch(OWED, people)
    return [tuple(row) for row in owed] == [(ABSENT, orders)]


async def test_a_participant_that_hangs(whole_system: system.System) -> None:
    """It holds its messages and its connections, and does nothing."""
    people = await residents_with_cases(whole_system, 100, 72)
    before = await counted(whole_system)
    pid = processes.running(whole_system.folder, ABSENT)
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        await let_run(whole_system, people)
        await check_that_all_wait_for_the_absent(whole_system, people)
    finally:
        os.kill(pid, signal.SIGCONT)
    await check_that_it_was_done_once(whole_system, people, before)


@asynccontextmanager
async def closed_to_everybody(whole_system: system.System, name: str) -> AsyncIterator[None]:
    """A database that lets nobody in."""
    admin = await asyncpg.connect(whole_system.servers.postgres_admin_url, timeout=60)
    try:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        yield
    finally:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await admin.close()


async def test_a_participant_whose_database_is_away_longer_than_every_retry_tier(whole_system: system.System) -> None:
    """The consumer pauses: an outage costs no attempt (the tiers last a second here)."""
    people = await residents_with_cases(whole_system, 100, 73)
    before = await counted(whole_system)
    paused = f'lethe_consumer_paused{{consumer="{ORDERED}"}}'
    async with closed_to_everybody(whole_system, ABSENT):
        await let_run(whole_system, people)
        await check_that_all_wait_for_the_absent(whole_system, people)

        async def pauses() -> bool:
            return await metric(whole_system, ABSENT, paused) == 1

        await eventually(pauses)
    await check_that_it_was_done_once(whole_system, people, before)

    async def goes_on() -> bool:
        return await metric(whole_system, ABSENT, paused) == 0

    await eventually(goes_on)
