"""Legal holds by officers: what is refused, what is told, which erasures wait, and what a debt asks for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from services.privacy import arrival, held_erasures
from services.privacy.cases import rules
from services.privacy.holds import store
from services.privacy.jobs.reminders import remind
from services.privacy.retention import RETENTION
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from shared.clock import now, today
from shared.contracts import privacy
from shared.contracts.identity import SubjectsLinked
from shared.contracts.licensing import ClaimEnded, ClaimHeld
from shared.contracts.privacy import ErasureOrdered, HoldChanged, KnownHold, LegalHold
from shared.law.calendar import months_after
from shared.law.retention import Claim, claim
from shared.personal_data.holds import RELEASED_FOR
from shared.problems import Refused
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests.askers import STAFF
from tests.fake_participants import PARTICIPANTS, FakeParticipants, opened_case, privacy_alone
from tests.harness import DEEPER, Harness, eventually
from tests.retention import run_today
from tests.sample.harness import listening, metric, send

REVIEW = today() + timedelta(days=90)
WHY = "Suit IX GC 12/26 is pending."
MEET = "INSERT INTO subject (subject_id, live) VALUES ($1, $2)"
STORED = "SELECT count(*) FROM legal_hold"
KNOWN = "SELECT count(*) FROM subject WHERE subject_id = $1"
LINK = "INSERT INTO subject_link (subject_id, person) VALUES ($1, $3), ($2, $3)"
STATE = "SELECT state FROM privacy_case WHERE subject_id = $1"
TOLD_AT = "SELECT hold_told_at FROM privacy_case WHERE subject_id = $1"
LETTER = "SELECT letter FROM privacy_case WHERE subject_id = $1"
REPLICA = "SELECT subject_id, version, review_at, live FROM hold WHERE hold_id = $1 ORDER BY subject_id"


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    async with privacy_alone(servers) as module_harness:
        yield module_harness


@pytest.fixture
async def fakes(fakes: FakeParticipants) -> FakeParticipants:
    """Whether an erasure waits for a hold is told by what participants have announced: once they have."""
    joined = "SELECT count(*) = $2 FROM participant WHERE service = ANY ($1)"
    await eventually(lambda: fakes.rows.fetchval(joined, PARTICIPANTS, len(PARTICIPANTS)))
    return fakes


async def met(fakes: FakeParticipants, *, live: bool = True) -> UUID:
    """Somebody whom privacy knows."""
    person = uuid4()
    await fakes.rows.execute(MEET, person, live)
    return person


def wanted(person: UUID | None, *scope: str, **changed: Any) -> privacy.PlaceHold:
    facts: dict[str, Any] = {
        "person_id": person,
        "scope": scope or ("D9",),
        "ground": "claim against the person",
        "owner": "finance",
        "review_on": REVIEW,
        "reason": WHY,
    }
    return privacy.PlaceHold(**(facts | changed))


async def placed(fakes: FakeParticipants, person: UUID, *scope: str, **changed: Any) -> UUID:
    return (await fakes.client.request(wanted(person, *scope, **changed))).id


async def listed(fakes: FakeParticipants, **which: Any) -> list[LegalHold]:
    return list((await fakes.client.request(privacy.ListHolds(**which))).holds)


async def refusal(fakes: FakeParticipants, request: Any) -> tuple[int, list[str]]:
    """The status, and the fields that the problem names."""
    with pytest.raises(Refused) as refused:
        await fakes.client.request(request)
    return refused.value.problem.status, [error.field for error in refused.value.problem.errors or ()]


def impossible(day: date) -> list[tuple[dict[str, Any], int, str]]:
    """On a day, which may be another one than that on which the tests were collected."""
    return [
        ({"review_on": day - timedelta(days=1)}, 422, "review_on"),
        ({"review_on": day}, 422, "review_on"),
        ({"review_on": months_after(day, 24) + timedelta(days=1)}, 422, "review_on"),
        ({"person_id": None}, 422, "person_id"),
        ({"case_id": uuid4()}, 422, "person_id"),
        ({"person_id": None, "case_id": uuid4()}, 404, "case_id"),
        ({"person_id": uuid4()}, 404, "person_id"),
        ({"ground": "tax hold", "scope": ("D9", "D10")}, 422, "scope"),
        ({"ground": "tax hold", "scope": ("*",)}, 422, "scope"),
    ]


async def test_a_hold_that_cannot_be_is_refused_by_its_field(fakes: FakeParticipants) -> None:
    person, before = await met(fakes), await fakes.rows.fetchval(STORED)
    for changed, status, field in impossible(today()):
        assert await refusal(fakes, wanted(person, **changed)) == (status, [field]), changed
        assert await fakes.rows.fetchval(STORED) == before
        assert await fakes.rows.fetchval(KNOWN, changed.get("person_id")) == 0


async def test_nobody_erased_is_held_but_by_tax_law(fakes: FakeParticipants) -> None:
    gone = await met(fakes, live=False)
    assert await refusal(fakes, wanted(gone)) == (410, ["person_id"])
    assert await listed(fakes, person_id=gone) == []
    hold_id = await placed(fakes, gone, "D9", "D17", ground="tax hold")
    assert [row["live"] for row in await fakes.rows.fetch(REPLICA, hold_id)] == [False]
    await fakes.client.request(privacy.ReleaseHold(hold_id=hold_id, reason="The suspension has ended."))
    assert [row["review_at"] for row in await fakes.rows.fetch(REPLICA, hold_id)] == [None]


async def test_a_hold_is_placed_reviewed_and_released_once(fakes: FakeParticipants) -> None:
    person = await met(fakes)
    async with listening(fakes.harness, HoldChanged.type) as heard:
        hold_id = await placed(fakes, person, "D9", "D8", "D9")
        (hold,) = await listed(fakes, person_id=person)
        assert (hold.scope, hold.ground, hold.owner) == (("D9", "D8"), "claim against the person", "finance")
        assert (hold.placed_by, hold.reason, hold.review_on) == (str(STAFF), WHY, REVIEW)
        assert not hold.erasure_waits
        later = REVIEW + timedelta(days=30)
        moved = privacy.ReviewHold(hold_id=hold_id, review_on=later, reason="The court has adjourned.")
        await fakes.client.request(moved)
        assert (await listed(fakes, person_id=person, state="open"))[0].review_on == later
        release = privacy.ReleaseHold(hold_id=hold_id, reason="The suit was withdrawn.")
        await fakes.client.request(release)
        await eventually(lambda: len(heard) == 3)
    events = [HoldChanged.model_validate_json(message.body) for message in heard]
    told = sorted(events, key=lambda event: event.version)  # in which order they leave nobody says
    assert [event.review_on for event in told] == [REVIEW, later, None]
    assert [event.version for event in told] == sorted({event.version for event in told})
    (hold,) = await listed(fakes, person_id=person, state="released")
    assert (hold.review_on, hold.release_reason, hold.version) == (None, release.reason, told[-1].version)
    assert await listed(fakes, person_id=person, state="open") == []
    for late in (release, moved):
        assert await refusal(fakes, late) == (409, ["state"])
    for nobody in (release, moved):
        assert await refusal(fakes, nobody.model_copy(update={"hold_id": uuid4()})) == (404, [])
    acts = await fakes.rows.fetch("SELECT act FROM hold_event WHERE hold_id = $1 ORDER BY event_id", hold_id)
    assert [row["act"] for row in acts] == ["placed", "reviewed", "released"]


async def test_a_review_has_its_day_to_come(fakes: FakeParticipants) -> None:
    hold_id = await placed(fakes, await met(fakes))
    asked = privacy.ReviewHold(hold_id=hold_id, review_on=today(), reason="The court has adjourned.")
    assert await refusal(fakes, asked) == (422, ["review_on"])
    await fakes.rows.execute("UPDATE legal_hold SET review_at = $2 WHERE hold_id = $1", hold_id, today())
    assert hold_id in [hold.hold_id for hold in await listed(fakes, review_due=True) if hold.review_is_due]
    await fakes.client.request(asked.model_copy(update={"review_on": REVIEW}))
    assert hold_id not in [hold.hold_id for hold in await listed(fakes, review_due=True)]


async def test_of_two_officers_who_release_at_once_one_does(fakes: FakeParticipants) -> None:
    for _ in range(5 * DEEPER):
        hold_id = await placed(fakes, await met(fakes))
        release = privacy.ReleaseHold(hold_id=hold_id, reason="It is not needed any more.")
        answers = await asyncio.gather(*(fakes.client.request(release) for _ in range(2)), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert [each.problem.status for each in refused] == [409]


async def test_a_hold_covers_all_ids_of_its_person(fakes: FakeParticipants) -> None:
    first, second, third = [await met(fakes) for _ in range(3)]
    group = uuid4()
    await fakes.rows.execute(LINK, first, second, group)
    hold_id = await placed(fakes, second, "D9")
    assert {row["subject_id"] for row in await fakes.rows.fetch(REPLICA, hold_id)} == {first, second}
    await send(fakes.channel, SubjectsLinked(subject_id=first, other_id=third, person=group), sender="identity")

    async def covered() -> bool:
        return {row["subject_id"] for row in await fakes.rows.fetch(REPLICA, hold_id)} == {first, second, third}

    await eventually(covered)
    await fakes.client.request(privacy.ReleaseHold(hold_id=hold_id, reason="It is not needed any more."))
    assert {row["review_at"] for row in await fakes.rows.fetch(REPLICA, hold_id)} == {None}


async def case_of(fakes: FakeParticipants, person: UUID) -> str:
    """An erasure that may run at once and is answered by mail, as its handler opens it; its token."""
    how: dict[str, Any] = {"language": "en", "channel": "member", "verified_by": "test", "cooling_off_s": 0}
    opening = rules.opening(person, terminate_contract=True, received_at=now(), **how)
    token, seal = uuid4().hex, AddressSeal(Keyring("privacy", fakes.harness.settings["keys"]))
    async with fakes.database.transaction(Purpose.RIGHTS) as tx:
        await arrival.open_case(tx, opening, token, f"{token}@example.com", seal, PARTICIPANTS)
    return token


async def test_an_erasure_waits_for_what_could_not_outlive_it(fakes: FakeParticipants) -> None:
    """Both participants have a table of D1 without retained rows."""
    person, other = await met(fakes), await met(fakes)
    hold_id = await placed(fakes, person, "D1")
    assert [hold.erasure_waits for hold in await listed(fakes, person_id=person)] == [True]
    token = await case_of(fakes, person)
    await opened_case(fakes.database, other)
    order = await fakes.ordered()
    assert [subject.subject_id for subject in order.subjects] == [other]
    case = await fakes.client.request(privacy.ReadCase(token=token))
    assert (case.state, case.held_until_review_on) == ("waiting", REVIEW)
    explained = await fakes.client.request(privacy.ExplainErasure(case_id=case.case_id))
    assert "legal hold" in explained.now
    gathered = await fakes.rows.fetchval("SELECT count(*) FROM trace_search WHERE case_id = $1", case.case_id)
    assert gathered == 0, "what is to be searched for is not kept for as long as the hold lasts"
    await fakes.client.request(privacy.ReleaseHold(hold_id=hold_id, reason="It is not needed any more."))
    assert [subject.subject_id for subject in (await fakes.ordered(2)).subjects] == [person]


async def test_who_waits_is_told_once_of_each_hold(fakes: FakeParticipants) -> None:
    """The receipt goes first."""
    person = await met(fakes)
    await placed(fakes, person, "*")
    await case_of(fakes, person)
    later = "UPDATE privacy_case SET letter = $2, letter_due_at = now() + interval '1 hour' WHERE subject_id = $1"
    async with fakes.database.transaction(Purpose.RIGHTS) as tx:
        for letter, expected in (("receipt", "receipt"), (None, "held"), (None, None)):
            await tx.run(later, person, letter)
            await held_erasures.tell(tx)
            assert await tx.value(LETTER, person) == expected
        (kept,) = await held_erasures.waited_for(tx, person)
    assert (kept.categories, kept.review_at, len(kept.holds)) == (("*",), REVIEW, 1)
    told_at = await fakes.rows.fetchval(TOLD_AT, person)
    await placed(fakes, person, "D1")

    async def told_again() -> bool:
        return bool(await fakes.rows.fetchval(TOLD_AT, person) > told_at)

    await eventually(told_again)


async def test_whoever_was_told_why_is_not_late(fakes: FakeParticipants) -> None:
    for scope, told_at in (("*", now()), ("D9", None)):
        person = await met(fakes)
        await placed(fakes, person, scope)
        await case_of(fakes, person)
        old = "UPDATE privacy_case SET due_on = $2, run_at = $3, hold_told_at = $4 WHERE subject_id = $1"
        await fakes.rows.execute(old, person, today() - timedelta(days=7), now() + timedelta(hours=1), told_at)
    await remind(fakes.database, PrivacySettings.model_construct(remind_after_s=3600.0))
    assert metric("lethe_erasure_cases_late") == metric("lethe_erasure_cases_nearly_due") == 1
    listed = (await fakes.client.request(privacy.ListErasures())).cases
    assert sorted(case.outlook for case in listed) == ["late", "on time"]
    assert [case.outlook for case in (await fakes.client.request(privacy.ListErasures(late=True))).cases] == ["late"]


async def test_a_released_hold_is_known_by_the_day_at_the_vendors_seat(fakes: FakeParticipants) -> None:
    """At half past ten in the evening, UTC, the next day has begun in Warsaw."""
    hold_id = await placed(fakes, await met(fakes), "*")
    await fakes.client.request(privacy.ReleaseHold(hold_id=hold_id, reason="It is not needed any more."))
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    await fakes.rows.execute("UPDATE legal_hold SET released_at = $2 WHERE hold_id = $1", hold_id, late)
    async with fakes.database.transaction(Purpose.RIGHTS) as tx:
        await tx.rows(store.TELL, hold_id, RELEASED_FOR.days)
    ends = await fakes.rows.fetchval("SELECT retain_until FROM hold WHERE hold_id = $1", hold_id)
    assert ends == date(2026, 7, 1) + RELEASED_FOR


async def test_nobody_is_written_to_about_a_hold_that_is_released(fakes: FakeParticipants) -> None:
    person = await met(fakes)
    first, second = await placed(fakes, person, "*"), await placed(fakes, person, "D1")
    await case_of(fakes, person)
    unsent = "UPDATE privacy_case SET letter = 'held', letter_due_at = now() + interval '1 hour' WHERE subject_id = $1"
    await fakes.rows.execute(unsent, person)
    for hold_id, expected in ((first, "held"), (second, None)):
        await fakes.client.request(privacy.ReleaseHold(hold_id=hold_id, reason="It is not needed any more."))
        assert await fakes.rows.fetchval(LETTER, person) == expected


async def test_an_order_carries_what_is_held_of_its_people(fakes: FakeParticipants) -> None:
    person, other = await met(fakes), await met(fakes)
    hold_id = await placed(fakes, person, "D9", ground="proceedings")
    await placed(fakes, other, "D9")
    await opened_case(fakes.database, person)
    (hold,) = (await fakes.ordered()).holds
    assert (hold.hold_id, hold.subject_id, hold.scope, hold.review_on) == (hold_id, person, ("D9",), REVIEW)
    assert hold.exemption == "GDPR Art. 17(3)(e)"


async def test_what_would_have_had_to_wait_is_too_late_for_an_order(fakes: FakeParticipants) -> None:
    person = await met(fakes)
    await opened_case(fakes.database, person)
    await fakes.ordered()
    before = await fakes.rows.fetchval(STORED)
    for scope in ("D1", "*"):
        assert await refusal(fakes, wanted(person, scope)) == (409, ["scope"])
    assert await fakes.rows.fetchval(STORED) == before
    await placed(fakes, person, "D9")  # some service may not have purged it yet


async def test_a_hold_and_an_order_of_the_same_person_do_not_miss_one_another(fakes: FakeParticipants) -> None:
    people = [await met(fakes) for _ in range(15 * DEEPER)]

    async def hold(person: UUID) -> bool:
        try:
            await placed(fakes, person, "D1")
        except Refused as refused:
            if refused.problem.status == 409:
                return False
            raise
        return True

    held = await asyncio.gather(
        *(hold(person) for person in people), *(opened_case(fakes.database, person) for person in people)
    )
    for person, is_held in zip(people, held[: len(people)], strict=True):
        assert await fakes.rows.fetchval(STATE, person) == ("waiting" if is_held else "ordered")
    free = [person for person, is_held in zip(people, held, strict=False) if not is_held]
    await eventually(lambda: named(fakes) >= set(free))
    assert named(fakes) == set(free)


def named(fakes: FakeParticipants) -> set[UUID]:
    """Whom the orders name that are out."""
    orders = [ErasureOrdered.model_validate_json(message.body) for message in fakes.orders]
    return {subject.subject_id for order in orders for subject in order.subjects}


@pytest.mark.parametrize("live", [True, False])
async def test_the_hold_of_a_debt_is_kept_for_licensing(fakes: FakeParticipants, live: bool) -> None:
    """Privacy may have erased the person before it hears of the debt."""
    person, hold_id = await met(fakes, live=live), uuid4()
    facts = {"subject_id": person, "hold_id": hold_id}
    event = ClaimHeld(**facts, provision="unpaid debt: KC art. 118", review_on=REVIEW)
    await fakes.say("licensing", event, event)

    async def kept() -> list[LegalHold]:
        return await listed(fakes, person_id=person)

    (hold,) = await eventually(kept)
    assert (hold.hold_id, hold.owner, hold.placed_by, hold.review_on) == (hold_id, "finance", "licensing", REVIEW)
    assert [row["live"] for row in await fakes.rows.fetch(REPLICA, hold_id)] == [live]
    ended = ClaimEnded(**facts, reason="paid")
    await fakes.say("licensing", ended, ended)

    async def released() -> bool:
        return (await listed(fakes, person_id=person))[0].released_at is not None

    await eventually(released)
    (hold,) = await listed(fakes, person_id=person)
    assert hold.release_reason == "the debt is paid"
    until = "SELECT retain_until FROM legal_hold WHERE hold_id = $1"
    assert await fakes.rows.fetchval(until, hold_id) == claim(today(), Claim.CONSUMER).until


async def test_whoever_joins_reads_every_hold_page_by_page(fakes: FakeParticipants) -> None:
    gone = await met(fakes, live=False)
    expected = {await placed(fakes, gone, "D9", ground="tax hold")}
    expected |= {await placed(fakes, await met(fakes)) for _ in range(4)}
    read: list[KnownHold] = []
    after = ""
    while not read or after:
        page = await fakes.client.request(privacy.Holds(after=after, limit=2))
        read, after = [*read, *page.holds], page.next
    assert expected <= {hold.hold_id for hold in read}
    assert len({(hold.hold_id, hold.subject_id) for hold in read}) == len(read)


async def test_what_was_released_long_ago_is_forgotten(fakes: FakeParticipants) -> None:
    hold_id = await placed(fakes, await met(fakes))
    await fakes.client.request(privacy.ReleaseHold(hold_id=hold_id, reason="It is not needed any more."))
    last_day = "UPDATE legal_hold SET retain_until = $2 WHERE hold_id = $1"
    there = "SELECT count(*) FROM legal_hold WHERE hold_id = $1"
    for day, count in ((today(), 1), (date(2020, 12, 31), 0)):
        await fakes.rows.execute(last_day, hold_id, day)
        await run_today(fakes.database, RETENTION)
        assert await fakes.rows.fetchval(there, hold_id) == count


async def test_the_acts_of_a_hold_are_only_added_to(fakes: FakeParticipants) -> None:
    hold_id = await placed(fakes, await met(fakes))
    for attack in ("UPDATE hold_event SET reason = 'another'", "DELETE FROM hold_event"):
        async with fakes.database.transaction(Purpose.LEGAL_DUTY) as tx:
            with pytest.raises(Exception, match="permission denied"):
                async with tx.savepoint():
                    await tx.run(f"{attack} WHERE hold_id = $1", hold_id)
