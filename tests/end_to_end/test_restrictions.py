"""Restrictions and objections through all services: told, confirmed, in force, lifted (GDPR Art. 18, 21(2))."""

import asyncio
from datetime import timedelta
from typing import get_args
from uuid import UUID, uuid4

import pytest

from deploy.population.marketing import Reader
from shared.contracts import identity, privacy
from shared.contracts.privacy import Ground
from tests.end_to_end.telling import disclosed, tell
from tests.harness import eventually
from tests.integration.marketing.driver import finished, hash_of, insert_readers, start_campaign
from tests.scenario import Customer, Scenario

SERVICES = ("identity", "licensing", "marketing")
CONTESTED: Ground = "accuracy contested"
EVENTS = "SELECT actor, after, reason FROM case_event WHERE case_id = $1 ORDER BY event_id"
SUPPRESSED = "SELECT count(*) FROM suppression WHERE address_hash = $1"
NOTICE = "Uchylimy ograniczenie"
WHY = "Adres został poprawiony i potwierdzony."
REFUSED = 409


async def restricted(person: Customer, ground: Ground = CONTESTED) -> UUID:
    """Somebody whose restriction is in force."""
    case_id = await person.use_right("restriction", ground=ground)
    await person.until("in force")
    return case_id


async def announced(person: Customer, case_id: UUID) -> None:
    """The notice that a restriction will be lifted has left."""
    await person.scenario.ask(privacy.AnnounceLifting(case_id=case_id, reason=WHY))

    async def noted() -> bool:
        return (await person.case()).notified_at is not None

    await eventually(noted)


async def free(person: Customer) -> None:
    """Wait until no service restricts somebody any more."""

    async def is_free() -> bool:
        return all([await person.allowed("*", service) for service in SERVICES])

    await eventually(is_free)


@pytest.mark.parametrize("ground", get_args(Ground))
async def test_a_restriction_is_in_force_when_every_service_has_confirmed_it(
    scenario: Scenario, ground: Ground
) -> None:
    person = await scenario.register_customer()
    case_id = await person.use_right("restriction", ground=ground)
    assert await person.allowed("*", "privacy") is False, "ruled in the transaction that opens the case"
    case = await person.until("in force")
    assert (case.right, case.ground, case.closed_at) == ("restriction", ground, None)
    assert {(p.service, p.answered) for p in case.progress} == {(service, True) for service in SERVICES}
    assert [await person.allowed("*", service) for service in SERVICES] == [False] * len(SERVICES)
    (letter,) = await scenario.letters(person.address, "Przetwarzanie Twoich danych jest ograniczone")
    assert str(case_id) in letter
    assert "art. 18 ust. 1 lit." in letter
    events = [tuple(event) for event in await scenario.rows["privacy"].fetch(EVENTS, case_id)]
    assert events == [("person", "applying", ""), ("participants", "in force", "")]


async def test_it_is_not_lifted_before_the_notice_has_left(scenario: Scenario) -> None:
    """Example 14 of the reference: the notice of Art. 18(3) comes first."""
    person = await scenario.register_customer()
    case_id = await restricted(person)
    assert await scenario.status(privacy.LiftRestriction(case_id=case_id)) == REFUSED
    scenario.smtp.answers[person.address] = "451 Later"
    await scenario.ask(privacy.AnnounceLifting(case_id=case_id, reason=WHY))
    assert await scenario.status(privacy.LiftRestriction(case_id=case_id)) == REFUSED, "it has not left"
    assert await person.allowed("*", "privacy") is False
    del scenario.smtp.answers[person.address]
    (notice,) = await scenario.letters(person.address, NOTICE)
    assert WHY in notice

    async def lifted() -> bool:
        return await scenario.status(privacy.LiftRestriction(case_id=case_id)) != REFUSED

    await eventually(lifted)
    case = await person.case()
    assert case.state == "lifted"
    assert case.closed_at is not None
    await free(person)
    (event,) = [e for e in await scenario.rows["privacy"].fetch(EVENTS, case_id) if e["after"] == "ending"]
    assert tuple(event) == ("officer", "ending", WHY)
    await scenario.letters(person.address, "uchylone")
    sealed = "SELECT sealed_address IS NULL FROM privacy_case WHERE case_id = $1"
    await eventually(lambda: scenario.rows["privacy"].fetchval(sealed, case_id))


async def test_it_is_lifted_once(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    case_id = await restricted(person)
    await announced(person, case_id)
    assert await scenario.status(privacy.AnnounceLifting(case_id=case_id, reason=WHY)) == REFUSED
    answers = await asyncio.gather(*(scenario.status(privacy.LiftRestriction(case_id=case_id)) for _ in range(2)))
    assert sorted(answers) == [200, REFUSED]
    assert await scenario.status(privacy.LiftRestriction(case_id=case_id)) == REFUSED


IN_FORCE = "SELECT at FROM case_event WHERE case_id = $1 AND after = 'in force'"


async def test_its_person_takes_it_back(scenario: Scenario) -> None:
    """A recipient whose disclosure arrives late is told meanwhile; of what was allowed afterwards nobody is."""
    person = await scenario.register_customer()
    case_id = await restricted(person)
    at = await scenario.rows["privacy"].fetchval(IN_FORCE, case_id)
    before, after = at - timedelta(seconds=1), at + timedelta(seconds=1)
    await tell(scenario, "identity", disclosed(person, after, "Later"), disclosed(person, before, "Overtaken"))
    notices = "SELECT array_agg(recipient) FROM recipient_notice WHERE case_id = $1 AND about = 'restriction'"

    async def overtaken() -> list[str]:
        written = await scenario.rows["privacy"].fetchval(notices, case_id) or []
        return written if "Overtaken" in written else []

    assert "Later" not in await eventually(overtaken)
    await scenario.ask(privacy.WithdrawOwnCase(subject_id=person.id, case_id=case_id))
    assert (await person.case()).state == "withdrawn"
    await free(person)
    await scenario.letters(person.address, "ograniczenia przetwarzania wycofane")
    await restricted(person)


TOLD = "SELECT count(*) FROM recipient_notice WHERE case_id = $1 AND how = 'mail' AND lifted = $2"
HAD_LEFT = (
    "UPDATE recipient_notice SET how = 'mail', settled_at = now() WHERE case_id = $1 AND how IS NULL AND NOT lifted"
)
PAYGATE = "privacy@paygate.example"
NAMES = ["Poczta.example sp. z o.o.", "PayGate Sandbox S.A."]


async def told(scenario: Scenario, case_id: UUID, *, lifted: bool) -> None:
    """Wait until both recipients were told."""

    async def both() -> bool:
        return bool(await scenario.rows["privacy"].fetchval(TOLD, case_id, lifted) == len(NAMES))

    await eventually(both)


@pytest.mark.parametrize("how", ["lifted", "withdrawn"])
async def test_who_was_told_of_a_restriction_is_told_that_it_has_ended(scenario: Scenario, how: str) -> None:
    """GDPR Art. 19; the person's letter says so, too (Art. 18(3))."""
    person = await scenario.customer()
    await person.order()
    case_id = await restricted(person)
    await told(scenario, case_id, lifted=False)
    if how == "lifted":
        await announced(person, case_id)
        assert not await scenario.count("privacy", "recipient_notice", person.id, "lifted")
        await scenario.ask(privacy.LiftRestriction(case_id=case_id))
    else:
        await scenario.ask(privacy.WithdrawOwnCase(subject_id=person.id, case_id=case_id))
    await told(scenario, case_id, lifted=True)
    case = await person.case()
    assert [(each.recipient, each.how, each.lifted) for each in case.recipients] == [(n, "mail", True) for n in NAMES]
    reference = person.payment.reference if person.payment else ""
    notices = [await scenario.letters(PAYGATE, words) for words in ("restricted (", "restriction l")]
    assert [len([text for text in texts if reference in text]) for texts in notices] == [1, 1]
    assert not [value for value in (*person.values, str(person.id)) if value in " ".join(notices[1])]
    ending = {"lifted": "Twoich danych uchylone", "withdrawn": "ograniczenia przetwarzania wycofane"}[how]
    (letter,) = await scenario.letters(person.address, ending)
    assert [name in letter for name in NAMES] == [True, True]


async def test_who_was_not_told_of_a_restriction_hears_of_no_end(scenario: Scenario) -> None:
    """Unless the mail that tells them was just leaving: then the end is told when that is known."""
    person = await scenario.customer()
    await person.order()
    scenario.smtp.answers[PAYGATE] = "451 Later"
    case_id = await restricted(person)
    await eventually(lambda: scenario.count("privacy", "recipient_notice", person.id, "how = 'mail'"))
    await eventually(lambda: scenario.count("privacy", "recipient_notice", person.id, "how IS NULL AND tries > 0"))
    await scenario.ask(privacy.WithdrawOwnCase(subject_id=person.id, case_id=case_id))
    del scenario.smtp.answers[PAYGATE]  # not before: the next try would tell it
    await eventually(lambda: scenario.count("privacy", "recipient_notice", person.id, "lifted AND how = 'mail'"))
    assert [each.recipient for each in (await person.case()).recipients] == NAMES[:1]
    assert await scenario.count("privacy", "recipient_notice", person.id, "lifted AND how IS NULL AND tries = 0") == 1
    await scenario.rows["privacy"].execute(HAD_LEFT, case_id)
    await told(scenario, case_id, lifted=True)


async def test_what_a_case_forbids_holds_for_all_linked_ids(scenario: Scenario) -> None:
    person, other, later = [await scenario.register_customer() for _ in range(3)]
    await scenario.ask(identity.LinkPersons(subject_id=person.id, other_id=other.id))
    await eventually(lambda: scenario.count("privacy", "subject_link", person.id))
    case_id = await restricted(person)
    assert [await other.allowed("*", service) for service in SERVICES] == [False] * len(SERVICES)
    await scenario.ask(identity.LinkPersons(subject_id=other.id, other_id=later.id))

    async def covered() -> bool:
        return all([await later.allowed("*", service) is False for service in SERVICES])

    await eventually(covered)
    await scenario.ask(privacy.WithdrawOwnCase(subject_id=person.id, case_id=case_id))
    for one in (person, other, later):
        await free(one)


async def test_an_objection_to_marketing_closes_when_every_service_has_confirmed_it(scenario: Scenario) -> None:
    """Each channel and the profiling, and marketing forgets the address but for its hash."""
    person = await scenario.customer()
    case_id = await person.use_right("marketing-objection")
    case = await person.until("closed")
    assert {(p.service, p.answered) for p in case.progress} == {(service, True) for service in SERVICES}
    for purpose in ("direct-marketing", "direct-marketing.email", "direct-marketing.sms", "profiling"):
        assert await person.allowed(purpose) is False
    (letter,) = await scenario.letters(person.address, "sprzeciw wobec marketingu jest spełniony")
    assert str(case_id) in letter
    await eventually(lambda: scenario.count("marketing", "subscriber", person.id, "email IS NULL"))
    assert await scenario.rows["marketing"].fetchval(SUPPRESSED, hash_of(scenario.harness, person.address))


async def test_an_objection_survives_erasure_and_import(scenario: Scenario) -> None:
    """By the hash of the address alone: who comes back by an import, even as allowing, gets nothing."""
    person = await scenario.customer()
    await person.use_right("marketing-objection")
    await person.until("closed")
    await person.erase(terminate=True)
    assert await scenario.count("marketing", "subscriber", person.id) == 0
    assert await scenario.rows["marketing"].fetchval(SUPPRESSED, hash_of(scenario.harness, person.address))
    imported = Reader(uuid4(), person.address, "Imported", True)
    await insert_readers(scenario.harness, [imported])
    subject = f"News {uuid4().hex[:6]}"
    await finished(scenario.client, await start_campaign(scenario.client, subject=subject))
    assert [mail for mail in scenario.smtp.mails_to(person.address) if mail["Subject"] == subject] == []


async def test_what_cannot_be_asked_changes_nothing(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    token = uuid4().hex
    no_ground = privacy.OpenCase(subject_id=person.id, right="restriction", token=token)
    assert await scenario.status(no_ground) == 422
    with_ground = privacy.OpenCase(subject_id=person.id, right="erasure", ground=CONTESTED, token=token)
    assert await scenario.status(with_ground) == 422
    assert await scenario.count("privacy", "privacy_case", person.id) == 0
    assert await person.allowed("*", "privacy") is None
    await restricted(person)
    second = privacy.OpenCase(subject_id=person.id, right="restriction", ground=CONTESTED, token=token)
    assert await scenario.status(second) == REFUSED
    assert await scenario.count("privacy", "block", person.id) == 1
    assert await scenario.status(privacy.LiftRestriction(case_id=uuid4())) == 404
    assert await scenario.status(privacy.AnnounceLifting(case_id=uuid4(), reason=WHY)) == 404


async def test_erasing_a_restricted_person_ends_the_restriction(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    case_id = await restricted(person)
    await person.erase(terminate=True)
    state = "SELECT state, closed_at IS NOT NULL, sealed_address FROM privacy_case WHERE case_id = $1"
    (case,) = await scenario.rows["privacy"].fetch(state, case_id)
    assert tuple(case) == ("ended", True, None)
    assert await scenario.count("privacy", "block", person.id) == 0
    events = await scenario.rows["privacy"].fetch(EVENTS, case_id)
    assert tuple(events[-1]) == ("participants", "ended", "")
    assert await scenario.status(privacy.LiftRestriction(case_id=case_id)) == REFUSED
    again = privacy.OpenCase(subject_id=person.id, right="restriction", ground=CONTESTED, token=uuid4().hex)
    assert await scenario.status(again) == 410
