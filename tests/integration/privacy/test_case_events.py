"""Each step of a case is noted with its actor; what the machine does not know is refused, whoever writes it."""

from collections.abc import AsyncIterator
from itertools import product
from typing import Any, get_args
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from deploy.population import cases
from deploy.population.cases import insert_cases
from services.privacy.cases.machine import MACHINES
from shared.contracts import privacy
from shared.contracts.privacy.erasures import CaseState
from shared.purposes import Purpose
from tests.fake_participants import APPLE, PARTICIPANTS, PEAR, FakeParticipants, opened_case, privacy_alone, report
from tests.harness import Harness

KNOWN = {(t.before, t.after) for t in MACHINES["erasure"]}
UNKNOWN = [pair for pair in product(get_args(CaseState), repeat=2) if pair not in KNOWN and pair[0] != pair[1]]
WAY: dict[str, tuple[str, ...]] = {
    "waiting": (),
    "ordered": ("ordered",),
    "failed": ("ordered", "failed"),
    "closed": ("ordered", "closed"),
    "withdrawn": ("withdrawn",),
}
EVENTS = "SELECT actor, before, after, reason FROM case_event WHERE case_id = $1 ORDER BY event_id"
GO = "UPDATE privacy_case SET state = $2 WHERE case_id = $1"
STATE = "SELECT state FROM privacy_case WHERE case_id = $1"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with privacy_alone(servers) as module_harness:
        yield module_harness


@pytest.fixture(scope="module")
async def rows(harness: Harness) -> AsyncIterator[asyncpg.Connection]:
    """The tables alone; nobody works on them."""
    async with harness.superuser("privacy") as connection:
        yield connection


async def case_in(rows: asyncpg.Connection, state: str) -> UUID:
    """A case that came to a state by a way that the machine knows."""
    person = uuid4()
    await insert_cases(rows, [person])
    case_id: UUID = await rows.fetchval("SELECT case_id FROM privacy_case WHERE subject_id = $1", person)
    for step in WAY[state]:
        await rows.execute(GO, case_id, step)
    return case_id


async def noted(rows: asyncpg.Connection, case_id: UUID) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await rows.fetch(EVENTS, case_id)]


async def test_the_database_knows_the_machine(rows: asyncpg.Connection) -> None:
    known = await rows.fetch("SELECT kind, before, after, actor FROM case_transition")
    machine = {(right, t.before, t.after, t.actor) for right, each in MACHINES.items() for t in each}
    assert {tuple(row) for row in known} == machine


async def test_an_erasure_is_noted_from_its_receipt_to_its_end(fakes: FakeParticipants) -> None:
    """It fails once on the way, and an operator lets it go on."""
    person = uuid4()
    token = await opened_case(fakes.database, person)
    case_id = await fakes.rows.fetchval("SELECT case_id FROM privacy_case WHERE subject_id = $1", person)
    order = await fakes.ordered()
    await fakes.say(APPLE, report(APPLE, order, outcome="failed"))
    await fakes.say(PEAR, report(PEAR, order))
    await fakes.until(token, "failed")
    async with fakes.harness.asking() as client:
        await client.request(privacy.ReleaseErasure(case_id=case_id))
        story = await client.request(privacy.ExplainErasure(case_id=case_id))
    order = await fakes.ordered(2)
    for service in PARTICIPANTS:
        await fakes.say(service, report(service, order))
    await fakes.until(token, "closed")
    assert await noted(fakes.rows, case_id) == [
        ("person", "", "waiting", ""),
        ("clock", "waiting", "ordered", ""),
        ("participants", "ordered", "failed", ""),
        ("operator", "failed", "failed", "released"),
        ("clock", "failed", "ordered", ""),
        ("participants", "ordered", "closed", ""),
    ]
    assert "An operator let it go on at once." in [step.sentence for step in story.steps]


async def test_a_case_that_is_taken_back_says_by_whom(rows: asyncpg.Connection) -> None:
    case_id = await case_in(rows, "withdrawn")
    assert (await noted(rows, case_id))[-1] == ("person", "waiting", "withdrawn", "")


@pytest.mark.parametrize(("before", "after"), UNKNOWN)
async def test_a_way_that_the_machine_does_not_know_is_refused(
    rows: asyncpg.Connection, before: str, after: str
) -> None:
    case_id = await case_in(rows, before)
    events = await noted(rows, case_id)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await rows.execute(GO, case_id, after)
    assert refused.value.constraint_name == "case_transition"
    assert await noted(rows, case_id) == events
    assert await rows.fetchval(STATE, case_id) == before


@pytest.mark.parametrize("state", [state for state in get_args(CaseState) if state != "waiting"])
async def test_no_case_is_opened_in_another_state(
    rows: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(cases, "INSERT", cases.INSERT.replace("'waiting'", f"'{state}'"))
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await insert_cases(rows, [uuid4()])
    assert refused.value.constraint_name == "case_transition"


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE case_event SET actor = 'nobody'",
        "DELETE FROM case_event",
        "INSERT INTO case_transition VALUES ('erasure', 'withdrawn', 'waiting', 'person')",
        "DELETE FROM case_transition",
    ],
)
async def test_the_working_role_only_adds(harness: Harness, spoil: str) -> None:
    async with harness.database("privacy") as database:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(Purpose.ERASURE) as tx:
                await tx.run(spoil)


async def test_what_happened_ends_with_the_case(rows: asyncpg.Connection) -> None:
    case_id = await case_in(rows, "waiting")
    assert len(await noted(rows, case_id)) == 1
    await rows.execute("DELETE FROM privacy_case WHERE case_id = $1", case_id)
    assert await noted(rows, case_id) == []
