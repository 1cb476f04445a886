"""Rulings and who confirms them: pending ones show, lies are refused, several cases may hold one ruling."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from deploy.local.servers import Servers
from services.privacy import arrival
from services.privacy.blocks import rulings
from services.privacy.cases import rules
from services.privacy.loops import BLOCKS
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.withdrawal import withdraw
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.identity import SubjectsLinked
from shared.contracts.participants import PermissionApplied
from shared.contracts.privacy import PermissionChanged, Right
from shared.messaging import dead_letters
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests.fake_participants import APPLE, PARTICIPANTS, PEAR, FakeParticipants, privacy_alone, report
from tests.harness import Harness, eventually
from tests.sample.harness import listening, send

RULING = "SELECT allowed, version FROM permission WHERE subject_id = $1 AND purpose = '*'"
CONFIRMED = "SELECT confirmed FROM block WHERE case_id = $1"
STATE = "SELECT state FROM privacy_case WHERE case_id = $1"
AGE = "UPDATE block SET asked_at = now() - interval '2 hours'"
ASKED = "SELECT max(reminders) FROM block WHERE case_id = $1"
NO_NOTICE = "UPDATE privacy_case SET state = 'lifted' WHERE case_id = $1"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with privacy_alone(servers) as module_harness:
        yield module_harness


async def opened(
    fakes: FakeParticipants,
    right: Right,
    person: UUID | None = None,
    cooling_off_s: float = 0,
    about: str | None = None,
) -> tuple[UUID, str]:
    """A case with its token, as its handler opens it."""
    opening = rules.opening(
        person or uuid4(),
        right=right,
        language="en",
        channel="member",
        verified_by="test",
        received_at=now(),
        cooling_off_s=cooling_off_s,
    )
    opening = replace(rules.grounded(opening, "needed for claims" if right == "restriction" else None), about=about)
    token, seal = uuid4().hex, AddressSeal(Keyring("privacy", fakes.harness.settings["keys"]))
    async with fakes.database.transaction(Purpose.RIGHTS) as tx:
        case = (opening, token, f"{token}@example.com", seal, PARTICIPANTS)
        return await arrival.open_case(tx, *case), token


async def ruling(fakes: FakeParticipants, person: UUID) -> tuple[bool, int] | None:
    """Whether everything is allowed, and by which version."""
    row = await fakes.rows.fetchrow(RULING, person)
    return tuple(row) if row else None


async def ruled(fakes: FakeParticipants, person: UUID) -> int:
    """The version by which somebody is restricted."""
    known = await ruling(fakes, person)
    assert known is not None
    assert known[0] is False
    return known[1]


def applied(service: str, person: UUID, version: int, purpose: str = "*") -> PermissionApplied:
    return PermissionApplied(service=service, subjects=(person,), purposes=(purpose,), versions=(version,))


async def progress(fakes: FakeParticipants, token: str) -> dict[str, bool]:
    case = await fakes.client.request(privacy.ReadCase(token=token))
    return {one.service: one.answered for one in case.progress}


async def test_the_answer_says_who_has_not_confirmed(fakes: FakeParticipants) -> None:
    person = uuid4()
    _, token = await opened(fakes, "restriction", person)
    version = await ruled(fakes, person)
    assert await progress(fakes, token) == {APPLE: False, PEAR: False}
    await fakes.say(APPLE, applied(APPLE, person, version))

    async def apple_alone() -> bool:
        return await progress(fakes, token) == {APPLE: True, PEAR: False}

    await eventually(apple_alone)
    await fakes.say(APPLE, applied(APPLE, person, version))
    await fakes.say(PEAR, applied(PEAR, person, version))
    await fakes.until(token, "in force")


async def test_two_last_reports_at_once_leave_no_case_behind(fakes: FakeParticipants) -> None:
    people = [uuid4() for _ in range(10)]
    tokens = [(await opened(fakes, "restriction", person))[1] for person in people]
    versions = [await ruled(fakes, person) for person in people]

    async def say(service: str) -> None:
        for person, version in zip(people, versions, strict=True):
            await fakes.say(service, applied(service, person, version))

    await asyncio.gather(say(APPLE), say(PEAR))
    for token in tokens:
        await fakes.until(token, "in force")


async def test_one_report_may_speak_of_many(fakes: FakeParticipants) -> None:
    people = [uuid4() for _ in range(5)]
    tokens = [(await opened(fakes, "restriction", person))[1] for person in people]
    versions = tuple([await ruled(fakes, person) for person in people])
    everything = ("*",) * len(people)
    for service in PARTICIPANTS:
        together = PermissionApplied(service=service, subjects=tuple(people), purposes=everything, versions=versions)
        await fakes.say(service, together)
    for token in tokens:
        await fakes.until(token, "in force")


async def test_reports_of_all_services_in_one_batch_are_noted_together(fakes: FakeParticipants) -> None:
    person = uuid4()
    case_id, token = await opened(fakes, "restriction", person)
    version = await ruled(fakes, person)
    reports = [applied(service, person, version) for service in (APPLE, PEAR, APPLE)]
    async with fakes.database.transaction(Purpose.RIGHTS) as tx:
        await rulings.confirm(tx, reports, PARTICIPANTS)
    assert sorted(await fakes.rows.fetchval(CONFIRMED, case_id)) == sorted([APPLE, PEAR])
    await fakes.until(token, "in force")


LIES: dict[str, tuple[str, dict[str, Any]]] = {
    "a stranger": ("a report of a service that takes no part", {"service": "plum"}),
    "a version to come": ("a report on a version that was never ruled", {"version": 1_000_000}),
    "a purpose that was not ruled": ("a report on a version that was never ruled", {"purpose": "export"}),
    "nobody": ("a report on a version that was never ruled", {"person": uuid4()}),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_report_that_lies_changes_nothing(fakes: FakeParticipants, lie: str) -> None:
    reason, changes = LIES[lie]
    person = uuid4()
    case_id, _ = await opened(fakes, "restriction", person)
    honest: dict[str, Any] = {"service": APPLE, "person": person, "version": await ruled(fakes, person)}
    told = applied(**(honest | changes))
    both = told.model_copy(
        update={
            "subjects": (person, *told.subjects),
            "purposes": ("*", *told.purposes),
            "versions": (honest["version"], *told.versions),
        }
    )
    before = await reasons(fakes)
    await fakes.say(told.service, both)

    async def given_up() -> bool:
        return await reasons(fakes) == sorted([*before, reason])

    await eventually(given_up)
    assert await fakes.rows.fetchval(CONFIRMED, case_id) == []
    assert await fakes.rows.fetchval(STATE, case_id) == "applying"


async def reasons(fakes: FakeParticipants) -> list[str]:
    """Why messages have become dead letters."""
    return sorted(letter.reason for letter in await dead_letters.letters(fakes.harness.admin_amqp, "privacy"))


async def test_an_older_version_that_was_ruled_is_no_lie(fakes: FakeParticipants) -> None:
    """Taken back and asked anew: the first report comes late."""
    person = uuid4()
    _, token = await opened(fakes, "restriction", person)
    first = await ruled(fakes, person)
    await taken_back(fakes, token)
    case_id, token = await opened(fakes, "restriction", person)
    await fakes.say(APPLE, applied(APPLE, person, first))
    for service in PARTICIPANTS:
        await fakes.say(service, applied(service, person, await ruled(fakes, person)))
    await fakes.until(token, "in force")
    assert sorted(await fakes.rows.fetchval(CONFIRMED, case_id)) == sorted(PARTICIPANTS)


async def taken_back(fakes: FakeParticipants, token: str) -> None:
    async with fakes.database.transaction(Purpose.RIGHTS) as tx:
        await withdraw(tx, token=token)


async def test_who_is_silent_is_asked_again(fakes: FakeParticipants) -> None:
    person = uuid4()
    case_id, token = await opened(fakes, "restriction", person)
    async with listening(fakes.harness, PermissionChanged.type) as heard:
        await fakes.rows.execute(AGE)
        fakes.database.signals[BLOCKS].set()  # it looks four times a minute
        await eventually(lambda: fakes.rows.fetchval(ASKED, case_id))
        await eventually(lambda: heard)
    event = PermissionChanged.model_validate_json(heard[0].body)
    assert (event.subject_id, event.purpose, event.allowed, event.confirm) == (person, "*", False, True)
    assert event.version == await ruled(fakes, person)
    case = await fakes.client.request(privacy.ReadCase(token=token))
    assert {one.reminders for one in case.progress} == {1}


async def test_who_leaves_is_not_waited_for(fakes: FakeParticipants) -> None:
    person = uuid4()
    _, token = await opened(fakes, "restriction", person)
    await fakes.rows.execute("INSERT INTO participant (service, map_version, tables) VALUES ('plum', 1, '[]')")
    _, waiting = await opened(fakes, "restriction", other := uuid4())
    for one, version in ((person, await ruled(fakes, person)), (other, await ruled(fakes, other))):
        for service in PARTICIPANTS:
            await fakes.say(service, applied(service, one, version))
    await fakes.until(token, "in force")

    async def plum_alone() -> bool:
        return await progress(fakes, waiting) == {APPLE: True, PEAR: True, "plum": False}

    await eventually(plum_alone)
    await fakes.client.request(privacy.LeaveParticipant(service="plum", reason="switched off for good"))
    await fakes.until(waiting, "in force")


# ── Several cases hold one ruling ───────────────────────────────────────────────────────────────


async def test_an_erasure_that_can_be_taken_back_restricts_at_once(fakes: FakeParticipants) -> None:
    person = uuid4()
    async with listening(fakes.harness, PermissionChanged.type) as heard:
        _, token = await opened(fakes, "erasure", person, cooling_off_s=3600)
        first = await ruled(fakes, person)
        await taken_back(fakes, token)
        await eventually(lambda: len(heard) == 2)
    told = [PermissionChanged.model_validate_json(message.body) for message in heard]
    events = sorted(told, key=lambda event: event.version)  # in which order they leave nobody says
    assert [(e.allowed, e.confirm) for e in events] == [(False, False), (True, False)]
    assert await ruling(fakes, person) == (True, events[1].version)
    assert first == events[0].version < events[1].version


async def test_an_erasure_without_a_cooling_off_restricts_nobody(fakes: FakeParticipants) -> None:
    person = uuid4()
    await opened(fakes, "erasure", person)
    assert await ruling(fakes, person) is None


@pytest.mark.parametrize("first", ["erasure", "restriction"])
async def test_what_two_cases_forbid_is_allowed_after_the_second(fakes: FakeParticipants, first: Right) -> None:
    person = uuid4()
    tokens = {
        right: (await opened(fakes, right, person, cooling_off_s=3600))[1] for right in ("erasure", "restriction")
    }
    await taken_back(fakes, tokens.pop(first))
    await ruled(fakes, person)
    (last,) = tokens.values()
    await taken_back(fakes, last)
    known = await ruling(fakes, person)
    assert known is not None
    assert known[0]


RULINGS = "SELECT purpose, allowed FROM permission WHERE subject_id = $1"


async def rulings_about(fakes: FakeParticipants, person: UUID) -> dict[str, bool]:
    return {row["purpose"]: row["allowed"] for row in await fakes.rows.fetch(RULINGS, person)}


async def test_a_part_is_restricted_as_long_as_any_case_restricts_it(fakes: FakeParticipants) -> None:
    """Purposes, a category and everything have cases of their own, which may be open at the same time."""
    person = uuid4()
    parts = ("analytics, profiling", "profiling", "D3", None)
    tokens = {about: (await opened(fakes, "restriction", person, about=about))[1] for about in parts}
    every = {"*analytics", "*profiling", "*D3", "*"}
    assert await rulings_about(fakes, person) == dict.fromkeys(every, False)
    ends = {parts[0]: {"*analytics"}, parts[1]: {"*profiling"}, parts[2]: {"*D3"}, parts[3]: {"*"}}
    allowed: set[str] = set()
    for about, purposes in ends.items():
        await taken_back(fakes, tokens[about])
        allowed |= purposes
        assert await rulings_about(fakes, person) == {purpose: purpose in allowed for purpose in every}


async def test_a_restriction_of_marketing_leaves_what_its_person_has_decided(fakes: FakeParticipants) -> None:
    """It covers the channels and the profiling, and neither it nor its end is a decision about them."""
    person = uuid4()
    await fakes.rows.execute("INSERT INTO subject (subject_id) VALUES ($1)", person)
    choice = "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, $2, $3, 1)"
    choices = {"direct-marketing.email": True, "direct-marketing.sms": False}
    for purpose, allowed in choices.items():
        await fakes.rows.execute(choice, person, purpose, allowed)
    _, token = await opened(fakes, "restriction", person, about="direct-marketing")
    covered = {"*direct-marketing", "*profiling"} | {f"*direct-marketing.{c}" for c in ("email", "sms", "phone")}
    assert await rulings_about(fakes, person) == choices | dict.fromkeys(covered, False)
    await taken_back(fakes, token)
    assert await rulings_about(fakes, person) == choices | dict.fromkeys(covered, True)


async def test_an_erasure_ends_what_is_left_to_restrict(fakes: FakeParticipants) -> None:
    person = uuid4()
    restriction, _ = await opened(fakes, "restriction", person)
    objection, _ = await opened(fakes, "marketing-objection", person)
    version = await ruled(fakes, person)
    _, token = await opened(fakes, "erasure", person)
    order = await fakes.ordered()
    for service in PARTICIPANTS:
        await fakes.say(service, report(service, order))
    await fakes.until(token, "closed")
    states = [await fakes.rows.fetchval(STATE, case_id) for case_id in (restriction, objection)]
    assert states == ["ended", "ended"]
    assert await fakes.rows.fetchval("SELECT count(*) FROM block WHERE subject_id = $1", person) == 0
    await fakes.say(APPLE, applied(APPLE, person, version))  # too late, and no lie


async def test_postgresql_refuses_a_lifting_without_its_notice(fakes: FakeParticipants) -> None:
    person = uuid4()
    case_id, token = await opened(fakes, "restriction", person)
    for service in PARTICIPANTS:
        await fakes.say(service, applied(service, person, await ruled(fakes, person)))
    await fakes.until(token, "in force")
    await fakes.rows.execute("UPDATE privacy_case SET state = 'ending' WHERE case_id = $1", case_id)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await fakes.rows.execute(NO_NOTICE, case_id)
    assert refused.value.constraint_name == "lifted_after_its_notice"


# ── Linked ids ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("right", ["restriction", "erasure"])
async def test_an_id_that_is_linked_later_is_covered_by_each_case(fakes: FakeParticipants, right: Right) -> None:
    """Also when a service left since, and the blocks of one case do not ask the same ones any more."""
    person, second, third = uuid4(), uuid4(), uuid4()
    case_id, token = await opened(fakes, right, person, cooling_off_s=3600)
    await linked(fakes, person, second)
    await fakes.rows.execute("UPDATE block SET asked = array_remove(asked, $1) WHERE subject_id = $2", PEAR, second)
    await linked(fakes, second, third)
    asked = {PEAR, APPLE} if right == "restriction" else set()
    rows = await fakes.rows.fetch("SELECT subject_id, asked FROM block WHERE case_id = $1", case_id)
    assert {row["subject_id"] for row in rows} == {person, second, third}
    assert [set(row["asked"]) for row in rows if row["subject_id"] == third] == [asked]
    await taken_back(fakes, token)
    assert {(await ruling(fakes, one) or (None,))[0] for one in (person, second, third)} == {True}
    await linked(fakes, third, fourth := uuid4())
    assert await ruling(fakes, fourth) is None, "what has ended covers nobody"


async def linked(fakes: FakeParticipants, one: UUID, other: UUID) -> None:
    """Identity found that two ids are one person."""
    await send(fakes.channel, SubjectsLinked(subject_id=one, other_id=other, person=min(one, other)), sender="identity")
    known = "SELECT count(*) = 2 FROM subject_link WHERE subject_id = ANY ($1)"
    await eventually(lambda: fakes.rows.fetchval(known, [one, other]))
