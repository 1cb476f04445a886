"""Hashes of addresses on the real servers: a rotation of the keys loses nobody, and two mailboxes are two people."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from deploy.population.identity import Person, insert_people
from services.identity import legacy_hashes
from services.identity.addresses import hashes_of
from services.identity.app import SERVICE as IDENTITY
from services.identity.erasure import ERASER
from services.identity.jobs.address_hashes import BATCH, renew_address_hashes
from services.identity.persons import recognize
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import identity
from shared.contracts.privacy import OrderedSubject
from shared.database import Database
from shared.personal_data.erasure import erase
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests import harness as harnesses
from tests.integration.identity.driver import SETTINGS, Driver, address, living

LEGACY = "l" * 32
OLD = Keyring("identity", f"1:{'o' * 32}")
NEW = Keyring("identity", f"2:{'n' * 32},1:{'o' * 32},0:{LEGACY}")
TABLES = ("confirmed_address", "pending_address", "sign_up", "mail_request", "sign_in_attempt")


@pytest.fixture
async def database(driver: Driver) -> AsyncIterator[Database]:
    async with driver.harness.database("identity") as opened:
        yield opened


async def recognized(database: Database, keyring: Keyring, email: str) -> UUID:
    async with database.transaction(Purpose.UPKEEP) as tx:
        return await recognize(tx, keyring, email)


async def somebody_of_before(driver: Driver, email: str, *, account: bool = True) -> UUID:
    """A person whose address was hashed before keys had ids."""
    person = uuid4()
    async with driver.harness.superuser("identity") as superuser:
        if account:
            await insert_people(superuser, [Person(person, email, "Anna Nowak")], OLD)
        else:
            await superuser.execute("INSERT INTO subject VALUES ($1)", person)
            await superuser.execute("INSERT INTO confirmed_address VALUES (''::bytea, $1)", person)
        hashed = legacy_hashes.address_hash(LEGACY, email)
        await superuser.execute("UPDATE confirmed_address SET address_hash = $2 WHERE subject_id = $1", person, hashed)
    return person


async def hash_of(driver: Driver, person: UUID) -> bytes:
    stored: bytes = await driver.value("SELECT address_hash FROM confirmed_address WHERE subject_id = $1", person)
    return stored


@pytest.mark.parametrize(
    ("one", "other"), [("{}@strasse.example", "{}@straße.example"), ("{}strasse@example.com", "{}straße@example.com")]
)
async def test_two_mailboxes_that_were_one_are_two_people(driver: Driver, one: str, other: str) -> None:
    name = uuid4().hex[:8]
    first = await driver.ask(identity.RecognizePerson(email=one.format(name)))
    second = await driver.ask(identity.RecognizePerson(email=other.format(name)))
    assert first.subject_id != second.subject_id
    assert first == await driver.ask(identity.RecognizePerson(email=one.format(name)))


async def test_a_rotation_loses_nobody_with_or_without_an_account(driver: Driver, database: Database) -> None:
    email = address("rotated")
    person = await recognized(database, OLD, email)
    assert await recognized(database, NEW, email.upper()) == person
    assert await hash_of(driver, person) == hashes_of(NEW, email).newest


async def test_a_hash_of_before_is_recognized_and_renewed(driver: Driver, database: Database) -> None:
    for account in (True, False):
        email = address("before")
        person = await somebody_of_before(driver, email, account=account)
        assert await recognized(database, NEW, email) == person
        assert await hash_of(driver, person) == hashes_of(NEW, email).newest


async def test_a_hash_of_before_is_not_believed_for_another_mailbox(driver: Driver, database: Database) -> None:
    name = uuid4().hex[:8]
    owner = await somebody_of_before(driver, f"{name}.straße@example.com")
    stranger = await recognized(database, NEW, f"{name}.strasse@example.com")
    assert stranger != owner
    assert await recognized(database, NEW, f"{name}.straße@example.com") == owner
    subscriber = await somebody_of_before(driver, f"{name}.maße@example.com", account=False)
    assert await recognized(database, NEW, f"{name}.maße@example.com") != subscriber


async def test_the_job_renews_every_account_and_pending_sign_up(driver: Driver, database: Database) -> None:
    people = [Person(uuid4(), f"{n:03d}.{uuid4().hex}@example.com", "Anna") for n in range(BATCH + 20)]
    ids = [person.subject_id for person in people]
    async with driver.harness.superuser("identity") as superuser:
        await insert_people(superuser, people, OLD)
        for person in people[:10]:  # the first of them came before keys had ids
            hashed = legacy_hashes.address_hash(LEGACY, person.email)
            await superuser.execute(
                "UPDATE confirmed_address SET address_hash = $2 WHERE subject_id = $1", person.subject_id, hashed
            )
    pending = address("pending")
    await driver.register(pending)
    before = hashes_of(OLD, pending).newest
    await driver.code(pending)
    await driver.value("UPDATE pending_address SET address_hash = $2 WHERE email = $1 RETURNING 1", pending, before)

    assert await renew_address_hashes(database, NEW) is False

    async with driver.harness.superuser("identity") as superuser:
        rows = await superuser.fetch(
            "SELECT subject_id, address_hash FROM confirmed_address WHERE subject_id = ANY ($1)", ids
        )
    assert {row["subject_id"]: row["address_hash"] for row in rows} == {
        person.subject_id: hashes_of(NEW, person.email).newest for person in people
    }
    stored = await driver.value("SELECT address_hash FROM sign_up WHERE email = $1", pending)
    assert stored == hashes_of(NEW, pending).newest


async def test_an_erasure_after_a_rotation_takes_sign_ups_and_tries_along(driver: Driver, database: Database) -> None:
    email = address("erased")
    person = await recognized(database, OLD, email)
    before = hashes_of(OLD, email).newest
    await driver.register(email)
    await driver.code(email)
    async with driver.harness.superuser("identity") as superuser:
        await superuser.execute("UPDATE pending_address SET address_hash = $2 WHERE email = $1", email, before)
        mails = "UPDATE mail_request SET address_hash = $2 WHERE address_hash = $1"
        await superuser.execute(mails, hashes_of(driver.keyring, email).newest, before)
        await superuser.execute("INSERT INTO sign_in_attempt (address_hash) VALUES ($1)", before)
    assert await recognized(database, NEW, email) == person
    async with database.transaction(Purpose.ERASURE) as tx:
        order = [OrderedSubject(subject_id=person, case_id=uuid4(), terminate_contract=True)]
        await erase(tx, ERASER, uuid4(), order)
    for table in TABLES:
        both = f"SELECT count(*) FROM {table} WHERE address_hash = ANY ($1)"  # noqa: S608
        assert await driver.value(both, [before, hashes_of(NEW, email).newest]) == 0


async def test_accounts_and_mailed_codes_outlive_a_rotation(servers: Servers) -> None:
    anna, pending = address("anna"), address("pending")
    harness = await harnesses.build(servers, [IDENTITY, PRIVACY], settings=SETTINGS | {"keys": f"1:{'o' * 32}"})
    async with living(harness) as before:
        person = await before.member(anna)
        begun = await before.register(pending)
        code = await before.code(pending)
    harness.settings["keys"] = f"2:{'n' * 32},1:{'o' * 32}"
    async with living(harness) as after:
        token = await after.signed_in(anna)
        assert (await after.ask(identity.Authenticate(token=token))).subject_id == person
        assert (await after.ask(identity.ConfirmEmail(email=pending, token=begun, code=code))).id != person
        older = "SELECT count(*) FROM confirmed_address WHERE get_byte(address_hash, 0) <> 2"
        assert await after.value(older) == 0
    await harnesses.tear_down(harness)
