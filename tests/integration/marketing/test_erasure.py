"""An erasure empties marketing and leaves of objectors only a hash that keeps them from being written to."""

import asyncio
from uuid import UUID

from deploy.population.cases import insert_cases, release
from deploy.population.consents import insert_consents
from deploy.population.marketing import Reader
from shared.contracts import identity, marketing, privacy
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose
from tests.house import House, eventually
from tests.integration.marketing.steps import (
    PostOffice,
    allowed,
    finished,
    hash_of,
    reader,
    rows,
    settle_in,
    start_campaign,
    unsubscribe_token,
)

TABLES = ("subscriber", "interest", "mailing", "permission")
EMAIL = Purpose.MARKETING_EMAIL


async def erase(house: House, people: list[UUID]) -> None:
    """Cases of these people run through all participants and close."""
    async with house.superuser("privacy") as database:
        await insert_cases(database, people)
        await release(database, people)

    async def closed() -> bool:
        found = await rows(
            house, "SELECT state FROM privacy_case WHERE subject_id = ANY ($1)", people, service="privacy"
        )
        return {row["state"] for row in found} == {"closed"}

    await eventually(closed)


async def held(house: House, people: list[UUID]) -> dict[str, int]:
    counted = {}
    for table in TABLES:
        found = await rows(house, f"SELECT count(*) AS n FROM {table} WHERE subject_id = ANY ($1)", people)  # noqa: S608
        counted[table] = found[0]["n"]
    return counted


async def suppressed(house: House, person: Reader) -> bool:
    hashed = hash_of(house, person.email)
    return bool(await rows(house, "SELECT FROM suppression WHERE address_hash = $1", hashed))


async def test_everything_goes_but_the_memory_of_who_left(
    house: House, client: RequestClient, office: PostOffice
) -> None:
    content, left, objected, withdrew = (reader(name) for name in ("content", "left", "objected", "withdrew"))
    people = [content, left, objected, withdrew]
    ids = [p.subject_id for p in people]
    await settle_in(house, people)
    async with house.superuser("privacy") as database:
        await insert_consents(database, ids)
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(house, left.subject_id)))
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(house, objected.subject_id), objects=True))
    await client.request(
        privacy.ChooseConsent(
            subject_id=withdrew.subject_id,
            purpose=EMAIL,
            given=False,
            text_version="",
            surface="panel",
            method="button",
        )
    )

    async def arrived() -> bool:
        return await allowed(house, withdrew.subject_id, EMAIL) is False

    await eventually(arrived)
    assert (await held(house, ids))["subscriber"] == 4

    await erase(house, ids)
    assert await held(house, ids) == dict.fromkeys(TABLES, 0)
    assert [await suppressed(house, p) for p in people] == [False, True, True, True]
    reported = await rows(
        house, "SELECT body FROM order_report WHERE service = 'marketing' ORDER BY received_at DESC", service="privacy"
    )
    assert all(f'"{table}"' in reported[0]["body"] for table in TABLES)
    for person in people:  # nothing at rest names them
        for table in ("subscriber", "suppression", "signup", "erasure_report", "outbox"):
            found = await rows(house, f"SELECT * FROM {table}")  # noqa: S608
            assert person.email not in repr(found)


async def test_the_proof_of_the_consent_outlives_the_erasure_until_its_date(house: House) -> None:
    person = reader("proved")
    await settle_in(house, [person])
    async with house.superuser("privacy") as database:
        await insert_consents(database, [person.subject_id])
    await erase(house, [person.subject_id])
    kept = await rows(
        house,
        "SELECT live, retain_until IS NOT NULL AS dated, provisions FROM consent WHERE subject_id = $1",
        person.subject_id,
        service="privacy",
    )
    assert [(row["live"], row["dated"]) for row in kept] == [(False, True)]
    assert "Art. 7(1)" in kept[0]["provisions"][0]


async def test_an_erased_objector_is_not_written_to_again_until_a_new_double_opt_in(
    house: House, client: RequestClient, office: PostOffice
) -> None:
    person = reader("returning")
    await _opt_in(house, client, office, person.email)
    first = (await client.request(identity.RecognizePerson(email=person.email))).subject_id
    await eventually(lambda: allowed(house, first, EMAIL))
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(house, first), objects=True))
    await erase(house, [first])
    assert await suppressed(house, person)

    # an import brings the address back under a new id, with a permission
    imported = Reader(reader("x").subject_id, person.email, "", allows=True)
    await settle_in(house, [imported])
    before = len(office.mails_to(person.email))
    assert (await finished(client, await start_campaign(client))).campaign_id
    assert len(office.mails_to(person.email)) == before
    async with house.superuser("marketing") as database:
        await database.execute("DELETE FROM mailing WHERE subject_id = $1", imported.subject_id)
        await database.execute("DELETE FROM subscriber WHERE subject_id = $1", imported.subject_id)

    await _opt_in(house, client, office, person.email)
    second = (await client.request(identity.RecognizePerson(email=person.email))).subject_id
    assert second != first
    assert not await suppressed(house, person)
    await eventually(lambda: allowed(house, second, EMAIL))
    before = len(office.mails_to(person.email))
    await finished(client, await start_campaign(client))
    assert len(office.mails_to(person.email)) == before + 1
    assert await held(house, [first]) == dict.fromkeys(TABLES, 0)


async def test_erasing_while_a_campaign_is_sent_and_interests_arrive_leaves_nothing(
    house: House, client: RequestClient, office: PostOffice
) -> None:
    people = [reader("busy") for _ in range(60)]
    ids = [p.subject_id for p in people]
    await settle_in(house, people)
    before = len(office.arrived)
    campaign_id = await start_campaign(client)

    async def insist(person: UUID) -> None:
        for topic in ("seo", "backups", "servers"):
            await asyncio.gather(
                client.request(marketing.NoteInterest(subject_id=person, topic=topic)), return_exceptions=True
            )

    await asyncio.gather(erase(house, ids), *(insist(person) for person in ids))
    campaign = await finished(client, campaign_id)
    assert await held(house, ids) == dict.fromkeys(TABLES, 0)
    assert campaign.sent == len(office.arrived) - before


async def _opt_in(house: House, client: RequestClient, office: PostOffice, address: str) -> None:
    already = len(office.mails_to(address))
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))

    async def mailed() -> bool:
        return len(office.mails_to(address)) > already

    await eventually(mailed)
    text = office.mails_to(address)[-1].get_content()
    token = text.partition("token=")[2].split()[0]
    await client.request(marketing.ConfirmSubscription(token=token))
