"""A rotation of marketing's keys: nobody is lost, who objected is not written to, and two mailboxes are two."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from deploy.population.marketing import Reader, insert_audience
from services.identity.app import SERVICE as IDENTITY
from services.marketing import legacy_hashes, seals, sign_ups, suppression
from services.marketing.addresses import current_hash, hashes_of, lock_sign_ups
from services.marketing.app import SERVICE as MARKETING
from services.marketing.erasure import ERASER
from services.marketing.jobs.address_hashes import BATCH, renew_address_hashes
from services.marketing.sign_ups import Entry
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import marketing
from shared.contracts.privacy import OrderedSubject
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.personal_data.erasure import erase
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests import harness as harnesses
from tests.harness import Harness
from tests.integration.marketing.driver import finished, reader, rows, start_campaign
from tests.mail_server import MailServer

LEGACY = "l" * 32
KEYS = f"2:{'n' * 32},1:{'o' * 32},0:{LEGACY}"
OLD, NEW = Keyring("marketing", f"1:{'o' * 32}"), Keyring("marketing", KEYS)
HASH = "SELECT address_hash FROM subscriber WHERE subject_id = $1"


@pytest.fixture(scope="module")
async def harness(servers: Servers, smtp: MailServer) -> AsyncIterator[Harness]:
    settings = {"mails_per_second": 2000, "smtp_url": smtp.url, "keys": KEYS}
    module_harness = await harnesses.build(servers, [MARKETING, IDENTITY, PRIVACY], settings=settings)
    yield module_harness
    await harnesses.tear_down(module_harness)


@pytest.fixture
async def database(harness: Harness) -> AsyncIterator[Database]:
    async with harness.database("marketing") as opened:
        yield opened


@pytest.fixture(autouse=True)
async def only_this_tests_readers(harness: Harness) -> None:
    async with harness.superuser("marketing") as superuser:
        await superuser.execute("DELETE FROM mailing; DELETE FROM subscriber; DELETE FROM suppression")


def of_before(email: str) -> bytes:
    return legacy_hashes.address_hash(LEGACY, email)


def newest(email: str) -> bytes:
    return hashes_of(NEW, email).newest


async def subscribed_with(harness: Harness, keyring: Keyring, *people: Reader) -> None:
    async with harness.superuser("marketing") as superuser:
        await insert_audience(superuser, people, keyring)


async def hashed(harness: Harness, person: UUID, address_hash: bytes) -> None:
    """Give a subscriber another hash."""
    async with harness.superuser("marketing") as superuser:
        await superuser.execute("UPDATE subscriber SET address_hash = $2 WHERE subject_id = $1", person, address_hash)


async def suppress(harness: Harness, *address_hashes: bytes) -> None:
    async with harness.superuser("marketing") as superuser:
        objected = "INSERT INTO suppression (address_hash, reason) SELECT unnest($1::bytea[]), 'objected'"
        await superuser.execute(objected, address_hashes)


async def suppressed(harness: Harness) -> set[bytes]:
    return {row["address_hash"] for row in await rows(harness, "SELECT address_hash FROM suppression")}


async def renewed(database: Database, email: str) -> None:
    async with database.transaction(Purpose.UPKEEP) as tx:
        await current_hash(tx, NEW, email)


async def test_an_entry_under_an_older_key_still_suppresses(
    harness: Harness, client: RequestClient, smtp: MailServer
) -> None:
    reached, older, before = reader("reached"), reader("older"), reader("before")
    await subscribed_with(harness, NEW, reached, older, before)
    await suppress(harness, hashes_of(OLD, older.email).newest, of_before(before.email))
    campaign = await finished(client, await start_campaign(client))
    assert (campaign.sent, campaign.cancelled) == (1, 2)
    assert [len(smtp.mails_to(p.email)) for p in (reached, older, before)] == [1, 0, 0]


async def test_the_job_renews_subscribers_sign_ups_and_what_suppresses_them(
    harness: Harness, client: RequestClient, database: Database
) -> None:
    people = [reader("many") for _ in range(BATCH + 20)]
    older, before = people[0], people[1]
    await subscribed_with(harness, OLD, *people)
    await hashed(harness, before.subject_id, of_before(before.email))
    await suppress(harness, hashes_of(OLD, older.email).newest, of_before(before.email))
    pending = reader("pending").email
    await client.request(marketing.SubscribeNewsletter(email=pending, text_version="T-7"))
    async with harness.superuser("marketing") as superuser:
        moved = "UPDATE signup SET address_hash = $2 WHERE address_hash = $1"
        assert await superuser.execute(moved, newest(pending), of_before(pending)) == "UPDATE 1"

    assert await renew_address_hashes(database, NEW) is False

    stored = await rows(harness, "SELECT subject_id, address_hash FROM subscriber")
    assert {r["subject_id"]: r["address_hash"] for r in stored} == {p.subject_id: newest(p.email) for p in people}
    assert await rows(harness, "SELECT 1 AS n FROM signup WHERE address_hash = $1", newest(pending)) == [{"n": 1}]
    assert {newest(older.email), newest(before.email)} <= await suppressed(harness)
    assert hashes_of(OLD, older.email).newest not in await suppressed(harness)


async def test_a_hash_of_before_is_not_believed_for_another_mailbox(harness: Harness, database: Database) -> None:
    name = uuid4().hex[:8]
    owner = Reader(uuid4(), f"{name}.straße@example.com", "Anna", allows=True)
    left = Reader(uuid4(), f"{name}.grosse@example.com", "Ewa", allows=False)
    await subscribed_with(harness, OLD, owner, left)
    for person in (owner, left):
        await hashed(harness, person.subject_id, of_before(person.email))
    await renewed(database, f"{name}.strasse@example.com")
    await renewed(database, f"{name}.große@example.com")
    assert await rows(harness, HASH, owner.subject_id) == [{"address_hash": of_before(owner.email)}]
    assert await rows(harness, HASH, left.subject_id) == [{"address_hash": of_before(left.email)}]
    await renewed(database, owner.email)
    await renewed(database, left.email)
    assert await rows(harness, HASH, owner.subject_id) == [{"address_hash": newest(owner.email)}]
    assert await rows(harness, HASH, left.subject_id) == [{"address_hash": newest(left.email)}]


@pytest.mark.parametrize(
    ("one", "other"), [("{}@strasse.example", "{}@straße.example"), ("{}strasse@example.com", "{}straße@example.com")]
)
async def test_two_mailboxes_that_were_one_are_two_sign_ups(
    harness: Harness, client: RequestClient, one: str, other: str
) -> None:
    emails = [each.format(uuid4().hex[:8]) for each in (one, other)]
    for email in emails:
        await client.request(marketing.SubscribeNewsletter(email=email, text_version="T-7"))
    stored = await rows(harness, "SELECT 1 FROM signup WHERE address_hash = ANY ($1)", [newest(e) for e in emails])
    assert len(stored) == 2


async def test_a_new_double_opt_in_lifts_a_mailbox_and_not_the_one_that_was_spelled_alike(
    harness: Harness, database: Database
) -> None:
    name = uuid4().hex[:8]
    returning, objector = f"{name}.straße@example.com", f"{name}.strasse@example.com"
    await suppress(harness, of_before(returning), hashes_of(OLD, returning).newest)
    async with database.transaction(Purpose.UPKEEP) as tx:
        assert await suppression.is_suppressed(tx, NEW, returning)
        assert await suppression.is_suppressed(tx, NEW, objector)
        await suppression.lift(tx, NEW, returning)
        assert not await suppression.is_suppressed(tx, NEW, returning)
        assert await suppression.is_suppressed(tx, NEW, objector)
        await suppression.lift(tx, NEW, objector)
        assert not await suppression.is_suppressed(tx, NEW, objector)


async def test_an_erasure_after_a_rotation_takes_half_finished_sign_ups_along(
    harness: Harness, client: RequestClient, database: Database
) -> None:
    for stored in (lambda email: hashes_of(OLD, email).newest, of_before):
        person = reader("returning", allows=False)
        await subscribed_with(harness, OLD, person)
        await hashed(harness, person.subject_id, stored(person.email))
        await client.request(marketing.SubscribeNewsletter(email=person.email, text_version="T-7"))
        async with database.transaction(Purpose.ERASURE) as tx:
            order = [OrderedSubject(subject_id=person.subject_id, case_id=uuid4(), terminate_contract=True)]
            await erase(tx, ERASER, uuid4(), order)
        every = [newest(person.email), stored(person.email)]
        assert await rows(harness, "SELECT FROM signup WHERE address_hash = ANY ($1)", every) == []
        assert newest(person.email) in await suppressed(harness)


async def test_an_erasure_finds_sign_ups_under_every_key_and_those_of_nobody_else(
    harness: Harness, database: Database
) -> None:
    """From before key ids two mailboxes may have one hash; whose the sign-up is says its sealed address."""
    older, before = (f"{uuid4().hex}.{name}@example.com" for name in ("older", "straße"))
    other = before.replace("ß", "ss")
    hashes = {hashes_of(OLD, older).newest: older, of_before(before): before, newest(other): other}
    assert of_before(before) == of_before(other)
    async with database.transaction(Purpose.UPKEEP) as tx:
        for address_hash, email in hashes.items():
            await sign_ups.enter(tx, Entry(address_hash, seals.seal_address(NEW, email), "pl", "T-7"), 0)

    async def dropped(*emails: str) -> int:
        async with database.transaction(Purpose.ERASURE) as tx:
            sign_up_ids = await lock_sign_ups(tx, NEW, [hashes_of(NEW, email) for email in emails])
            await sign_ups.drop(tx, sign_up_ids)
        return len(sign_up_ids)

    assert [await dropped(older), await dropped(other), await dropped(other, before), await dropped()] == [1, 1, 1, 0]
