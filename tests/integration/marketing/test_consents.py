"""privacy's ledger of consents: every decision is proved, ordered per person, and ruled everywhere."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from deploy.population.cases import insert_cases, release
from services.identity.app import SERVICE as IDENTITY
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.consents.rules import CHANNELS
from shared.clock import now
from shared.contracts import marketing, privacy
from shared.messaging.request_client import RequestClient
from shared.problems import Refused
from shared.purposes import Purpose
from shared.service import Resources
from tests import harness as harnesses
from tests.harness import PATIENCE_S, Harness, eventually
from tests.integration.marketing.driver import allowed, refusal, rows

EMAIL = Purpose.MARKETING_EMAIL


@pytest.fixture(scope="module")
async def harness(servers: Servers) -> AsyncIterator[Harness]:
    module_harness = await harnesses.build(servers, [MARKETING, IDENTITY, PRIVACY])
    yield module_harness
    await harnesses.tear_down(module_harness)


def choice(person: UUID, *, given: bool, purpose: str = EMAIL, text: str = "T-7") -> privacy.ChooseConsent:
    return privacy.ChooseConsent(
        subject_id=person, purpose=purpose, given=given, text_version=text, surface="panel", method="box ticked"
    )


async def current(client: RequestClient, person: UUID) -> dict[str, privacy.Consent]:
    answer = await client.request(privacy.ReadConsents(subject_id=person))
    return {consent.purpose: consent for consent in answer.consents}


async def rules_everywhere(harness: Harness, person: UUID, purpose: str, expected: bool) -> None:
    async def ruled() -> bool:
        return await allowed(harness, person, purpose) is expected

    await eventually(ruled)
    assert await allowed(harness, person, purpose, "privacy") is expected


async def test_a_consent_is_proved_by_its_words_and_rules_in_marketing(harness: Harness, client: RequestClient) -> None:
    person = uuid4()
    await client.request(choice(person, given=True))
    await rules_everywhere(harness, person, EMAIL, expected=True)
    proved = (await current(client, person))[EMAIL]
    assert (proved.given, proved.text_version, proved.surface) == (True, "T-7", "panel")
    assert "newsletter" in proved.words


async def test_withdrawing_is_as_easy_and_names_the_words_taken_back(harness: Harness, client: RequestClient) -> None:
    person = uuid4()
    await client.request(choice(person, given=True))
    await client.request(choice(person, given=False, text=""))
    await rules_everywhere(harness, person, EMAIL, expected=False)
    proved = (await current(client, person))[EMAIL]
    assert (proved.given, proved.text_version) == (False, "T-7")
    kept = await rows(harness, "SELECT retain_until FROM consent WHERE subject_id = $1", person, service="privacy")
    year = now().year + 6
    assert [str(row["retain_until"]) for row in kept] == [f"{year}-12-31"] * 2


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"text": "T-99"}, "text_version"),
        ({"text": ""}, "text_version"),
        ({"text": "T-2"}, "text_version"),  # the words for another channel
        ({"purpose": "erasure"}, "purpose"),
        ({"purpose": "*"}, "purpose"),
    ],
)
async def test_what_is_not_a_choice_is_refused(client: RequestClient, bad: dict[str, str], field: str) -> None:
    person = uuid4()
    assert await refusal(client, choice(person, given=True, **bad)) == (422, [field])
    assert await current(client, person) == {}


async def test_consent_to_one_channel_opens_no_other(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    person = uuid4()
    await client.request(choice(person, given=True))
    await rules_everywhere(harness, person, EMAIL, expected=True)
    async with harness.superuser("marketing") as database:
        await database.execute(
            "INSERT INTO interest (subject_id, topic, source, keep_until) VALUES ($1, 'seo', 'observed', 'infinity')",
            person,
        )
    seen = {}
    for channel in CHANNELS:
        async with resources["marketing"].database.transaction(channel) as tx:
            seen[channel] = await tx.value("SELECT count(*) FROM interest WHERE subject_id = $1", person)
    assert seen == {Purpose.MARKETING_EMAIL: 1, Purpose.MARKETING_SMS: 0, Purpose.MARKETING_PHONE: 0}


async def test_an_objection_to_marketing_ends_every_channel_and_the_profiling(
    harness: Harness, client: RequestClient
) -> None:
    person = uuid4()
    await client.request(choice(person, given=True))
    await client.request(choice(person, given=False, purpose=Purpose.MARKETING, text="T-6"))
    ended = (Purpose.MARKETING, *CHANNELS, Purpose.PROFILING)
    for purpose in ended:
        await rules_everywhere(harness, person, purpose, expected=False)
    assert {purpose for purpose, consent in (await current(client, person)).items() if not consent.given} == set(ended)
    assert await allowed(harness, person, Purpose.ANALYTICS) is None


async def test_a_decision_that_arrives_late_is_kept_as_proof_and_rules_nothing(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    person = uuid4()
    await client.request(choice(person, given=True))
    event = marketing.Unsubscribed(
        subject_id=person, method="unsubscribe link", decided_at=now() - timedelta(minutes=5)
    )
    async with resources["marketing"].database.transaction(Purpose.UPKEEP) as tx:
        tx.publish(event)

    async def noted() -> bool:
        decisions = await rows(harness, "SELECT given FROM consent WHERE subject_id = $1", person, service="privacy")
        return len(decisions) == 2

    await eventually(noted)
    assert (await current(client, person))[EMAIL].given is True
    await rules_everywhere(harness, person, EMAIL, expected=True)


async def test_a_clock_that_is_ahead_gives_no_advantage(
    harness: Harness, client: RequestClient, resources: dict[str, Resources]
) -> None:
    person = uuid4()
    event = marketing.Subscribed(
        subject_id=person, text_version="T-7", language="pl", decided_at=now() + timedelta(minutes=5)
    )
    async with resources["marketing"].database.transaction(Purpose.UPKEEP) as tx:
        tx.publish(event)
    await rules_everywhere(harness, person, EMAIL, expected=True)
    await client.request(choice(person, given=False))
    await rules_everywhere(harness, person, EMAIL, expected=False)


async def test_many_decisions_at_once_leave_one_order(harness: Harness, client: RequestClient) -> None:
    people = [uuid4() for _ in range(2)]
    choices = [choice(person, given=n % 2 == 0) for person in people for n in range(60)]
    random.Random(7).shuffle(choices)
    await asyncio.gather(*(client.request(each, timeout_s=PATIENCE_S) for each in choices))
    async with harness.superuser("privacy") as database:
        ledger = await database.fetch(
            "SELECT subject_id, array_agg(given ORDER BY version) AS by_version,"
            " array_agg(given ORDER BY decided_at, version) AS by_time FROM consent"
            " WHERE subject_id = ANY ($1) GROUP BY subject_id",
            people,
        )
    assert {row["subject_id"]: len(row["by_version"]) for row in ledger} == dict.fromkeys(people, 60)
    for row in ledger:
        assert row["by_version"] == row["by_time"]
        await rules_everywhere(harness, row["subject_id"], EMAIL, expected=row["by_version"][-1])


async def test_decisions_while_the_person_is_erased_never_come_back(harness: Harness, client: RequestClient) -> None:
    people = [uuid4() for _ in range(15)]
    for person in people:
        await client.request(choice(person, given=True))

    async def erase() -> None:
        async with harness.superuser("privacy") as database:
            await insert_cases(database, people)
            await release(database, people)

    async def insist(person: UUID) -> list[int]:
        statuses = []
        for n in range(20):
            try:
                await client.request(choice(person, given=n % 2 == 0))
                statuses.append(200)
            except Refused as refused:
                statuses.append(refused.problem.status)
        return statuses

    answered = await asyncio.gather(*(insist(p) for p in people), erase())
    assert {status for statuses in answered if statuses for status in statuses} <= {200, 410}

    async def gone() -> bool:
        tombstones = await rows(
            harness, "SELECT FROM subject WHERE subject_id = ANY ($1) AND NOT live", people, service="privacy"
        )
        return len(tombstones) == len(people)

    await eventually(gone)
    for person in people:
        assert await refusal(client, choice(person, given=True)) == (410, [])
    left = await rows(
        harness, "SELECT subject_id FROM permission WHERE subject_id = ANY ($1)", people, service="privacy"
    )
    undated = await rows(
        harness,
        "SELECT FROM consent WHERE subject_id = ANY ($1) AND (live OR retain_until IS NULL)",
        people,
        service="privacy",
    )
    assert (left, undated) == ([], [])


async def test_the_forms_words_are_there_in_both_languages(client: RequestClient) -> None:
    polish = await client.request(privacy.ReadConsentTexts(language="pl"))
    english = await client.request(privacy.ReadConsentTexts(language="en"))
    assert [(t.text_version, t.purpose) for t in polish.texts] == [(t.text_version, t.purpose) for t in english.texts]
    assert {*CHANNELS, Purpose.PROFILING} <= {text.purpose for text in polish.texts}
    newest = next(text for text in polish.texts if text.purpose == EMAIL)
    assert newest.text_version == "T-7"
