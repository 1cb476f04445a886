"""An erasure empties marketing and leaves of objectors only a hash that keeps them from being written to."""

import asyncio
from uuid import UUID

from deploy.population.cases import insert_cases, release
from deploy.population.consents import insert_consents
from deploy.population.marketing import Reader
from shared.contracts import identity, marketing, privacy
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose
from tests.harness import Harness, eventually
from tests.integration.marketing.driver import (
    allowed,
    finished,
    hash_of,
    insert_readers,
    reader,
    rows,
    start_campaign,
    unsubscribe_token,
)
from tests.mail_server import MailServer

TABLES = ("subscriber", "interest", "mailing", "permission")
EMAIL = Purpose.MARKETING_EMAIL


async def erase(harness: Harness, people: list[UUID]) -> None:
    """Cases of these people run through all participants and close."""
    async with harness.superuser("privacy") as database:
        await insert_cases(database, people)
        await release(database, people)

    async def closed() -> bool:
        cases = await rows(
            harness, "SELECT state FROM privacy_case WHERE subject_id = ANY ($1)", people, service="privacy"
        )
        return {row["state"] for row in cases} == {"closed"}

    await eventually(closed)


async def held(harness: Harness, people: list[UUID]) -> dict[str, int]:
    counted = {}
    for table in TABLES:
        counts = await rows(harness, f"SELECT count(*) AS n FROM {table} WHERE subject_id = ANY ($1)", people)  # noqa: S608
        counted[table] = counts[0]["n"]
    return counted


async def suppressed(harness: Harness, person: Reader) -> bool:
    hashed = hash_of(harness, person.email)
    return bool(await rows(harness, "SELECT FROM suppression WHERE address_hash = $1", hashed))


async def test_everything_goes_but_the_memory_of_who_left(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    content, left, objected, withdrew = (reader(name) for name in ("content", "left", "objected", "withdrew"))
    people = [content, left, objected, withdrew]
    ids = [p.subject_id for p in people]
    await insert_readers(harness, people)
    async with harness.superuser("privacy") as database:
        await insert_consents(database, ids)
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(harness, left.subject_id)))
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(harness, objected.subject_id), objects=True))
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
        return await allowed(harness, withdrew.subject_id, EMAIL) is False

    await eventually(arrived)
    assert (await held(harness, ids))["subscriber"] == 4

    await erase(harness, ids)
    assert await held(harness, ids) == dict.fromkeys(TABLES, 0)
    assert [await suppressed(harness, p) for p in people] == [False, True, True, True]
    reported = await rows(
        harness,
        "SELECT body FROM order_report WHERE service = 'marketing' ORDER BY received_at DESC",
        service="privacy",
    )
    assert all(f'"{table}"' in reported[0]["body"] for table in TABLES)
    for person in people:  # nothing at rest names them
        for table in ("subscriber", "suppression", "signup", "erasure_report", "outbox"):
            table_rows = await rows(harness, f"SELECT * FROM {table}")  # noqa: S608
            assert person.email not in repr(table_rows)


async def test_the_proof_of_the_consent_outlives_the_erasure_until_its_date(harness: Harness) -> None:
    person = reader("proved")
    await insert_readers(harness, [person])
    async with harness.superuser("privacy") as database:
        await insert_consents(database, [person.subject_id])
    await erase(harness, [person.subject_id])
    kept = await rows(
        harness,
        "SELECT live, retain_until IS NOT NULL AS dated, provisions FROM consent WHERE subject_id = $1",
        person.subject_id,
        service="privacy",
    )
    assert [(row["live"], row["dated"]) for row in kept] == [(False, True)]
    assert "Art. 7(1)" in kept[0]["provisions"][0]


async def test_an_erased_objector_is_not_written_to_again_until_a_new_double_opt_in(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    person = reader("returning")
    await _opt_in(harness, client, smtp, person.email)
    first = (await client.request(identity.RecognizePerson(email=person.email))).subject_id
    await eventually(lambda: allowed(harness, first, EMAIL))
    await client.request(marketing.Unsubscribe(token=unsubscribe_token(harness, first), objects=True))
    await erase(harness, [first])
    assert await suppressed(harness, person)

    # an import brings the address back under a new id, with a permission
    imported = Reader(reader("x").subject_id, person.email, "", allows=True)
    await insert_readers(harness, [imported])
    before = len(smtp.mails_to(person.email))
    assert (await finished(client, await start_campaign(client))).campaign_id
    assert len(smtp.mails_to(person.email)) == before
    async with harness.superuser("marketing") as database:
        await database.execute("DELETE FROM mailing WHERE subject_id = $1", imported.subject_id)
        await database.execute("DELETE FROM subscriber WHERE subject_id = $1", imported.subject_id)

    await _opt_in(harness, client, smtp, person.email)
    second = (await client.request(identity.RecognizePerson(email=person.email))).subject_id
    assert second != first
    assert not await suppressed(harness, person)
    await eventually(lambda: allowed(harness, second, EMAIL))
    before = len(smtp.mails_to(person.email))
    await finished(client, await start_campaign(client))
    assert len(smtp.mails_to(person.email)) == before + 1
    assert await held(harness, [first]) == dict.fromkeys(TABLES, 0)


async def test_erasing_while_a_campaign_is_sent_and_interests_arrive_leaves_nothing(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    people = [reader("busy") for _ in range(60)]
    ids = [p.subject_id for p in people]
    await insert_readers(harness, people)
    before = len(smtp.arrived)
    campaign_id = await start_campaign(client)

    async def insist(person: UUID) -> None:
        for topic in ("seo", "backups", "servers"):
            await asyncio.gather(
                client.request(marketing.NoteInterest(subject_id=person, topic=topic)), return_exceptions=True
            )

    await asyncio.gather(erase(harness, ids), *(insist(person) for person in ids))
    campaign = await finished(client, campaign_id)
    assert await held(harness, ids) == dict.fromkeys(TABLES, 0)
    assert campaign.sent == sum(mail["Subject"] == campaign.subject for _, _, mail in smtp.arrived[before:])


async def _opt_in(harness: Harness, client: RequestClient, smtp: MailServer, address: str) -> None:
    already = len(smtp.mails_to(address))
    await client.request(marketing.SubscribeNewsletter(email=address, text_version="T-7"))

    await eventually(lambda: len(smtp.mails_to(address)) > already)
    text = smtp.mails_to(address)[-1].get_content()
    token = text.partition("token=")[2].split()[0]
    await client.request(marketing.ConfirmSubscription(token=token))
