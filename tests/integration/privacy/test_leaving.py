"""A participant leaves: open orders wait for it no more, new ones do not ask it, and the evidence says why."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from deploy.population.cases import insert_cases, release
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.cases import store as cases
from services.privacy.cases.rules import opening
from services.privacy.desk import corrections, unapplied_corrections
from services.privacy.desk.decision_store import go
from services.privacy.desk.store import locked
from services.privacy.erasure_orders.store import ONE_DISPATCHER
from services.privacy.jobs.blocks import see_to_blocks
from services.privacy.settings import PrivacySettings
from shared.clock import now
from shared.contracts import privacy
from shared.problems import Problem, Refused
from shared.purposes import Purpose
from tests import harness as harnesses
from tests.fake_participants import (
    APPLE,
    PEAR,
    FakeParticipants,
    announced,
    fake_participants,
    opened_case,
    report,
    said,
)
from tests.harness import Harness, eventually
from tests.sample.harness import depth

REPORTS_HEARD = "SELECT count(*) FROM inbox WHERE consumer LIKE '%erasure-reported'"
REASON = "switched off, its database was destroyed on 3 March"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    """Pear is not required: it may leave."""
    settings = {"participants": f"{APPLE},privacy", "gather_patience_s": 0}
    module_harness = await harnesses.build(servers, [PRIVACY], settings=settings)
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture
async def fakes(harness: Harness) -> AsyncIterator[FakeParticipants]:
    async with fake_participants(harness) as participants:
        await eventually(lambda: participants.rows.fetchval("SELECT count(*) = 3 FROM participant"))
        yield participants


async def leave(fakes: FakeParticipants, service: str = PEAR, reason: str = REASON) -> int:
    return (await fakes.client.request(privacy.LeaveParticipant(service=service, reason=reason))).orders


async def problem(fakes: FakeParticipants, service: str) -> Problem:
    with pytest.raises(Refused) as refused:
        await leave(fakes, service)
    return refused.value.problem


async def everybody(fakes: FakeParticipants) -> dict[str, privacy.ParticipantState]:
    states = await fakes.client.request(privacy.ListParticipants())
    return {state.service: state for state in states.participants}


async def operators_see(fakes: FakeParticipants, waits_for: str) -> privacy.Erasures:
    return await fakes.client.request(privacy.ListErasures(waits_for=waits_for))


async def test_open_orders_close_without_who_left_and_say_why(fakes: FakeParticipants) -> None:
    tokens = [await opened_case(fakes.database)]
    first = await fakes.ordered(1)
    tokens.append(await opened_case(fakes.database))
    second = await fakes.ordered(2)
    await fakes.say(APPLE, report(APPLE, first))
    await eventually(lambda: fakes.rows.fetchval("SELECT count(*) = 1 FROM order_report WHERE service = 'apple'"))
    waiting = await everybody(fakes)
    assert (waiting[PEAR].unanswered, waiting[APPLE].unanswered, waiting["privacy"].unanswered) == (2, 1, 0)
    assert [c.state for c in (await operators_see(fakes, PEAR)).cases] == ["ordered", "ordered"]
    assert await leave(fakes) == 2
    await fakes.until(tokens[0], "closed")
    assert not (await operators_see(fakes, PEAR)).cases, "nobody waits for who left"
    (order,) = (await operators_see(fakes, APPLE)).orders
    assert {each.service: each.answer for each in order.answers} == {APPLE: "asked", PEAR: "left", "privacy": "last"}
    assert (await fakes.client.request(privacy.ReadCase(token=tokens[1]))).state == "ordered", "apple still owes"
    await fakes.say(APPLE, report(APPLE, second))
    await fakes.until(tokens[1], "closed")
    for token in tokens:
        certificate = await fakes.certificate(token)
        assert [(e["service"], e["reason"]) for e in certificate["left"]] == [(PEAR, REASON)]
        assert {p["service"] for p in certificate["participants"]} == {APPLE, "privacy"}
        assert any("`left`" in sentence for sentence in certificate["not_checked"])
        assert not any(s.startswith("every participant reported") for s in certificate["checked"])


async def test_who_left_is_not_asked_until_it_announces_again(fakes: FakeParticipants) -> None:
    await leave(fakes)
    state = (await everybody(fakes))[PEAR]
    assert (state.reason, state.left_at is not None, state.required) == (REASON, True, False)
    token = await opened_case(fakes.database)
    order = await fakes.ordered(1)
    assert {p.service for p in order.participants} == {APPLE, "privacy"}
    await fakes.say(APPLE, report(APPLE, order))
    await fakes.until(token, "closed")
    assert (await fakes.certificate(token))["left"] == []
    await fakes.say(PEAR, announced(PEAR))
    await eventually(lambda: fakes.rows.fetchval("SELECT left_at IS NULL FROM participant WHERE service = 'pear'"))
    await opened_case(fakes.database)
    assert PEAR in {p.service for p in (await fakes.ordered(2)).participants}
    assert await fakes.rows.fetchval("SELECT max(reason) FROM participant_departure") == REASON, "the act stays"


async def test_what_it_had_reported_before_it_left_counts(fakes: FakeParticipants) -> None:
    """In parts, the second of which never came: one case is complete, the other is not."""
    people = [uuid4(), uuid4()]
    await insert_cases(fakes.rows, people)
    await release(fakes.rows, people)
    order = await fakes.ordered()
    reported, other = (person.subject_id for person in order.subjects)
    await fakes.say(PEAR, said(PEAR, order, (reported,)))
    await eventually(lambda: fakes.rows.fetchval("SELECT count(*) = 1 FROM order_report"))
    await fakes.say(APPLE, report(APPLE, order))
    assert await leave(fakes) == 1
    await eventually(lambda: fakes.rows.fetchval("SELECT bool_and(state = 'closed') FROM privacy_case"))
    certificates = {person: await certificate_of(fakes, person) for person in (reported, other)}
    assert certificates[reported]["left"] == []
    assert [e["service"] for e in certificates[other]["left"]] == [PEAR]


async def certificate_of(fakes: FakeParticipants, person: UUID) -> dict[str, Any]:
    token = uuid4().hex
    sql = "UPDATE privacy_case SET token_hash = sha256($2::text::bytea) WHERE subject_id = $1"
    await fakes.rows.execute(sql, person, token)
    return await fakes.certificate(token)


async def test_a_report_that_comes_after_all_is_no_dead_letter(fakes: FakeParticipants) -> None:
    token = await opened_case(fakes.database)
    order = await fakes.ordered()
    await leave(fakes)
    await fakes.say(PEAR, report(PEAR, order))
    await eventually(lambda: fakes.rows.fetchval("SELECT count(*) = 1 FROM order_report WHERE service = 'pear'"))
    await fakes.say(APPLE, report(APPLE, order))
    await fakes.until(token, "closed")
    heard = await fakes.rows.fetchval(REPORTS_HEARD)
    await fakes.say(PEAR, report(PEAR, order))
    await eventually(lambda: fakes.rows.fetchval(f"{REPORTS_HEARD} HAVING count(*) > $1", heard))
    assert (await fakes.certificate(token))["left"] == []
    assert await depth(fakes.harness, "privacy.dead-letters") == 0


async def test_another_round_without_it_still_names_who_left_in_the_one_before(fakes: FakeParticipants) -> None:
    token = await opened_case(fakes.database)
    first = await fakes.ordered(1)
    await leave(fakes)
    await fakes.say(APPLE, report(APPLE, first, outcome="failed", rows=0))
    await fakes.until(token, "failed")
    await fakes.rows.execute("UPDATE privacy_case SET run_at = now()")
    await fakes.say(APPLE, report(APPLE, await fakes.ordered(2)))
    await fakes.until(token, "closed")
    assert [e["service"] for e in (await fakes.certificate(token))["left"]] == [PEAR]


async def test_who_is_nobody_or_required_does_not_leave(fakes: FakeParticipants) -> None:
    await opened_case(fakes.database)
    await fakes.ordered()
    for service, status in (("plum", 404), ("privacy", 409), (APPLE, 409), ("Robert'); DROP TABLE participant", 404)):
        assert (await problem(fakes, service)).status == status, service
    assert not any(state.left_at for state in (await everybody(fakes)).values())
    assert await fakes.rows.fetchval("SELECT count(*) FROM order_participant WHERE departure_id IS NOT NULL") == 0


async def test_who_has_left_does_not_leave_again(fakes: FakeParticipants) -> None:
    await leave(fakes)
    assert (await problem(fakes, PEAR)).title == "it has left already"
    assert (await everybody(fakes))[PEAR].reason == REASON


@pytest.mark.parametrize("reason", ["", "   ", "gone", "switched off\nSubject: x", "x" * 501])
def test_leaving_needs_a_reason_of_one_line(reason: str) -> None:
    with pytest.raises(ValueError, match="reason"):
        privacy.LeaveParticipant(service=PEAR, reason=reason)


async def test_no_order_is_written_while_somebody_leaves(fakes: FakeParticipants) -> None:
    """Or it would wait for who has left: the dispatcher's turn is held here, as by one that is writing an order."""
    async with fakes.harness.superuser("privacy") as dispatcher, dispatcher.transaction():
        await dispatcher.execute("SELECT pg_advisory_xact_lock($1)", ONE_DISPATCHER)
        leaving = asyncio.create_task(leave(fakes))
        await eventually(lambda: fakes.rows.fetchval(LEAVING_WAITS))
        assert await fakes.rows.fetchval("SELECT left_at IS NULL FROM participant WHERE service = 'pear'")
    assert await leaving == 0


LEAVING_WAITS = """
SELECT count(*) > 0 FROM pg_stat_activity
WHERE wait_event = 'advisory' AND datname = current_database()
"""


async def test_an_act_stays_as_it_was_written(fakes: FakeParticipants) -> None:
    await leave(fakes)
    for change in ("UPDATE participant_departure SET reason = 'x'", "DELETE FROM participant_departure"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_the_working_role(fakes, change)


async def as_the_working_role(fakes: FakeParticipants, change: str) -> None:
    connection = await asyncpg.connect(fakes.harness.databases["privacy"].app, timeout=60)
    try:
        await connection.execute(change)
    finally:
        await connection.close()


# ── A correction that waits for who leaves ──────────────────────────────────────────────────────

IDENTITY, LICENSING = "identity", "licensing"
STEPS = "SELECT actor, before, after, reason FROM case_event WHERE case_id = $1 ORDER BY event_id"
IN_EVIDENCE = """
SELECT bool_and(EXISTS (
  SELECT FROM evidence_opening o WHERE o.source = 'case_event' AND o.source_key = e.event_id::text))
FROM case_event e WHERE e.case_id = $1
"""


async def correcting(fakes: FakeParticipants) -> tuple[UUID, UUID, str]:
    """A rectification that two services are asked to apply: its case, its person, its token."""
    for service in (IDENTITY, LICENSING):
        await fakes.say(service, announced(service))
    await eventually(lambda: fakes.rows.fetchval("SELECT count(*) = 5 FROM participant"))
    person, token = uuid4(), uuid4().hex
    asked = opening(
        person,
        right="rectification",
        language="en",
        channel="member",
        verified_by="test",
        received_at=now(),
        cooling_off_s=0,
    )
    async with fakes.database.transaction(Purpose.RIGHTS) as tx:
        wish = replace(asked, about="D1", statement="My name is Nowicka.")
        case_id = await cases.open_case(tx, wish, token, None)
        await go(tx, case_id, corrections.STATE, uuid4())
        right = privacy.Correction(full_name="Wisława Nowicka")
        await corrections.begin(tx, await locked(tx, case_id), [person], right, [APPLE, "privacy"])
    return case_id, person, token


async def applied(fakes: FakeParticipants, service: str, case_id: UUID, person: UUID) -> None:
    await fakes.say(service, privacy.CorrectionApplied(service=service, case_id=case_id, subject_id=person))


async def progress(fakes: FakeParticipants, token: str) -> dict[str, bool]:
    case = await fakes.client.request(privacy.ReadCase(token=token))
    return {each.service: each.answered for each in case.progress}


@pytest.mark.parametrize("first", ["applies", "leaves"])
async def test_a_correction_goes_on_without_who_left_and_says_so(fakes: FakeParticipants, first: str) -> None:
    case_id, person, token = await correcting(fakes)
    if first == "applies":
        await applied(fakes, IDENTITY, case_id, person)
        await eventually(lambda: fakes.rows.fetchval("SELECT waits = '{licensing}' FROM case_correction"))
    await leave(fakes, LICENSING)
    if first == "leaves":
        await eventually(lambda: fakes.rows.fetchval("SELECT waits = '{identity}' FROM case_correction"))
        assert (await fakes.client.request(privacy.ReadCase(token=token))).state == "correcting"
        await applied(fakes, IDENTITY, case_id, person)
    await fakes.until(token, "corrected")
    assert await progress(fakes, token) == {IDENTITY: True, LICENSING: False}
    steps = [tuple(row) for row in await fakes.rows.fetch(STEPS, case_id)]
    assert steps[2:] == [
        ("operator", "correcting", "correcting", "licensing left before it had corrected this"),
        ("participants", "correcting", "corrected", ""),
    ]
    async with fakes.database.transaction(Purpose.RIGHTS) as tx:
        (gone,) = await unapplied_corrections.left(tx, case_id)
    assert (gone.service, gone.reason) == (LICENSING, REASON)
    await eventually(lambda: fakes.rows.fetchval(IN_EVIDENCE, case_id))


async def test_what_it_applies_after_all_counts(fakes: FakeParticipants) -> None:
    case_id, person, token = await correcting(fakes)
    await leave(fakes, LICENSING)
    await eventually(lambda: fakes.rows.fetchval("SELECT gone = '{licensing}' FROM case_correction"))
    await applied(fakes, LICENSING, case_id, person)
    await eventually(lambda: fakes.rows.fetchval("SELECT gone = '{}' FROM case_correction"))
    await applied(fakes, IDENTITY, case_id, person)
    await fakes.until(token, "corrected")
    assert await progress(fakes, token) == {IDENTITY: True, LICENSING: True}
    assert await depth(fakes.harness, "privacy.dead-letters") == 0


async def test_a_correction_waits_for_who_stays(fakes: FakeParticipants) -> None:
    case_id, _, token = await correcting(fakes)
    await leave(fakes)
    await see_to_blocks(fakes.database, PrivacySettings.model_construct(remind_after_s=60.0))
    assert (await fakes.client.request(privacy.ReadCase(token=token))).state == "correcting"
    assert await fakes.rows.fetchval("SELECT waits FROM case_correction") == [IDENTITY, LICENSING]
    assert len(await fakes.rows.fetch(STEPS, case_id)) == 2
