"""Erasure, links, and many people at once on the real servers: nothing of a person stays in identity."""

from collections import Counter
from uuid import UUID, uuid4

from deploy.population.identity import ROWS_A_PERSON, Person, insert_people
from services.identity.addresses import hashes_of
from services.identity.data_map import DATA_MAP
from services.identity.erasure import ERASER
from shared.contracts import identity, privacy
from shared.contracts.privacy import OrderedSubject
from shared.personal_data.erasure import erase
from shared.personal_data.schema_check import gaps
from shared.purposes import Purpose
from tests.harness import eventually
from tests.integration.identity.driver import PASSWORD, Driver, address
from tests.integration.identity.test_email_change import changed


async def erase_by_case(driver: Driver, person: UUID) -> None:
    """Open a case and wait until it is closed."""
    token = uuid4().hex
    await driver.ask(privacy.OpenCase(subject_id=person, right="erasure", token=token))

    async def closed() -> bool:
        case = await driver.ask(privacy.ReadCase(token=token))
        return bool(case.state == "closed")

    await eventually(closed)


async def rows_of(driver: Driver, person: UUID) -> dict[str, int]:
    """How many rows each table of the data map holds about a person."""
    async with driver.harness.superuser("identity") as database:
        return {
            t.name: await database.fetchval(f"SELECT count(*) FROM {t.name} WHERE subject_id = $1", person)  # noqa: S608
            for t in DATA_MAP.tables
        }


async def test_the_data_map_covers_the_schema(driver: Driver) -> None:
    async with driver.harness.database("identity") as database, database.transaction(Purpose.RIGHTS) as tx:
        assert await gaps(tx, DATA_MAP) == []


async def test_everything_of_a_person_goes_and_the_address_is_somebody_new(driver: Driver) -> None:
    before, anna, other = address("before"), address("anna"), address("other")
    person = await driver.member(before, full_name="Anna Zwyczajna", street="Osobliwa 77", phone="+48 600 100 200")
    await changed(driver, await driver.signed_in(before), anna)
    await driver.ask(identity.ChangeProfile(subject_id=person, city="Trzcianka"))
    token = await driver.signed_in(anna)
    await driver.ask(identity.RequestPasswordReset(email=anna))
    await driver.problem(identity.SignIn(email=anna, password="wrong horse"))
    known = await driver.ask(identity.RecognizePerson(email=other))
    await driver.ask(identity.LinkPersons(subject_id=person, other_id=known.subject_id))
    await driver.ask(identity.ChangeEmail(token=token, email=address("next")))
    await driver.everything()  # waits for what is due
    old = "INSERT INTO activity_pseudonym (subject_id) VALUES ($1) RETURNING true"
    assert await driver.value(old, person)  # as if something had happened long ago
    held = await rows_of(driver, person)
    assert all(held.values()), held

    await erase_by_case(driver, person)

    assert not any((await rows_of(driver, person)).values())
    left = await driver.everything()
    hashes = [hashes_of(driver.keyring, each).newest.hex() for each in (before, anna)]
    for value in (before, anna, "Zwyczajna", "Osobliwa", "600 100 200", "Trzcianka", "203.0.113.9", *hashes):
        assert value not in left
    assert (await driver.problem(identity.Authenticate(token=token))).status == 401
    assert (await driver.problem(identity.Reauthenticate(token=token, password=PASSWORD))).status == 401
    for contract in (identity.ReadProfile, identity.TellAddress, identity.ReadSessions, identity.ReadActivity):
        assert (await driver.problem(contract(subject_id=person))).status == 410
    change = identity.ChangeProfile(subject_id=person, city="Piła")
    assert (await driver.problem(change)).status == 410
    assert await driver.everything() == left

    assert (await driver.problem(identity.SignIn(email=anna, password=PASSWORD))).status == 401
    begun = await driver.register(anna)
    confirm = identity.ConfirmEmail(email=anna, token=begun, code=await driver.code(anna, 2))
    created = await driver.ask(confirm)
    assert created.id != person


async def test_a_late_mail_for_an_erased_person_is_dropped(driver: Driver) -> None:
    person = await driver.member(address("anna"))
    await erase_by_case(driver, person)
    live = await driver.member(address("live"))
    for to in (person, live):
        await driver.tell(identity.ServiceMailDue(subject_id=to, template="refund-made"), "licensing")

    async def sent() -> bool:
        return bool(await driver.value("SELECT sent_at IS NOT NULL FROM service_mail WHERE subject_id = $1", live))

    await eventually(sent)
    assert not await driver.value("SELECT count(*) FROM service_mail WHERE subject_id = $1", person)


async def test_a_pending_sign_up_of_a_subscriber_goes_with_the_person(driver: Driver) -> None:
    anna = address("anna")
    person = (await driver.ask(identity.RecognizePerson(email=anna))).subject_id
    token = await driver.register(anna)
    code = await driver.code(anna)
    async with driver.harness.database("identity") as database, database.transaction(Purpose.ERASURE) as tx:
        await erase(tx, ERASER, uuid4(), [OrderedSubject(subject_id=person, case_id=uuid4(), terminate_contract=True)])
    assert anna not in await driver.everything()
    assert (await driver.problem(identity.ConfirmEmail(email=anna, token=token, code=code))).status == 422


async def test_linked_ids_are_told_for_both_and_groups_become_one(driver: Driver) -> None:
    people = [(await driver.ask(identity.RecognizePerson(email=address("p")))).subject_id for _ in range(4)]
    async with driver.listening("identity.subjects-linked.v1") as heard:
        for one, other in ((0, 1), (2, 3), (1, 2), (1, 2)):
            await driver.ask(identity.LinkPersons(subject_id=people[one], other_id=people[other]))

        await eventually(lambda: len(heard) >= 8)
    told = Counter((e["subject_id"], e["other_id"]) for e in heard)
    a, b, c, d = map(str, people)
    assert told == Counter([(a, b), (b, a), (c, d), (d, c), *[(b, c), (c, b)] * 2])
    groups = "SELECT count(DISTINCT person) FROM linked_person WHERE subject_id = ANY ($1)"
    assert await driver.value(groups, people) == 1


async def test_links_with_nobody_or_oneself_are_refused(driver: Driver) -> None:
    person = (await driver.ask(identity.RecognizePerson(email=address("p")))).subject_id
    before = await driver.everything()
    same = await driver.problem(identity.LinkPersons(subject_id=person, other_id=person))
    assert (same.status, [e.field for e in same.errors]) == (422, ["other_id"])
    nobody = await driver.problem(identity.LinkPersons(subject_id=person, other_id=uuid4()))
    assert (nobody.status, [e.field for e in nobody.errors]) == (404, ["other_id"])
    assert await driver.everything() == before


async def test_many_people_are_made_at_once_recognised_and_erased(driver: Driver) -> None:
    people = [Person(uuid4(), f"{uuid4().hex}@example.com", f"Person {n}") for n in range(2000)]
    ids = [p.subject_id for p in people]
    async with driver.harness.superuser("identity") as database:
        await insert_people(database, people, driver.keyring)
        counts = [
            await database.fetchval(f"SELECT count(*) FROM {t.name} WHERE subject_id = ANY ($1)", ids)  # noqa: S608
            for t in DATA_MAP.tables
        ]
    assert sum(counts) == ROWS_A_PERSON * len(people)
    assert (await driver.ask(identity.RecognizePerson(email=people[7].email))).subject_id == ids[7]
    async with driver.harness.database("identity") as working, working.transaction(Purpose.ERASURE) as tx:
        case = uuid4()
        order = [OrderedSubject(subject_id=i, case_id=case, terminate_contract=True) for i in ids]
        await erase(tx, ERASER, uuid4(), order)
    assert not await driver.value("SELECT count(*) FROM account WHERE subject_id = ANY ($1)", ids)
    assert await driver.value("SELECT count(*) FROM subject WHERE subject_id = ANY ($1) AND NOT live", ids) == len(ids)
