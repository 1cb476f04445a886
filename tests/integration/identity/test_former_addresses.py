"""People are found by an address that they used before, and whoever uses it today is told from them."""

import contextlib
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from services.identity.app import SERVICE as IDENTITY
from services.identity.erasure import ERASER
from services.identity.former_addresses import former_users
from shared.contracts import identity
from shared.contracts.participants import ReadCopy
from shared.contracts.privacy import OrderedSubject
from shared.lifecycle import CannotStart
from shared.personal_data.erasure import erase
from shared.purposes import Purpose
from shared.secrets import Keyring
from tests.integration.identity.driver import Driver, address
from tests.integration.identity.test_email_change import CHANGED, ask, changed, member, undo_token

BY_KEY = "SELECT count(*) FROM {table}_address WHERE get_byte(address_hash, 0) = 1"
LEFT_BY_7_AND_8 = """
INSERT INTO former_address (address_hash, subject_id, since)
SELECT set_byte(address_hash, 0, key_id), subject_id, since
FROM (SELECT * FROM former_address LIMIT 1) f, unnest('{7,8}'::integer[]) key_id
"""


async def former(driver: Driver, email: str) -> list[UUID]:
    return list((await driver.ask(identity.FindFormerUsers(email=email))).former)


async def kept(driver: Driver, person: UUID) -> int:
    return int(await driver.value("SELECT count(*) FROM former_address WHERE subject_id = $1", person))


async def moved(driver: Driver, old: str, name: str) -> str:
    """Somebody changes an address once more; the new one."""
    new = address(name)
    await changed(driver, await driver.signed_in(old), new)
    return new


async def test_people_are_found_by_each_address_they_left_and_by_none_they_use(driver: Driver) -> None:
    first, person, token = await member(driver)
    second = address("second")
    await changed(driver, token, second)
    third = await moved(driver, second, "third")
    assert [await former(driver, each) for each in (first.upper(), second, third)] == [[person], [person], []]
    assert await former(driver, address("nobody")) == []
    since = "SELECT bool_and(since < until) FROM former_address WHERE subject_id = $1"
    assert await driver.value(since, person)
    assert first not in str(await driver.value("SELECT array_agg(f::text)::text FROM former_address f"))


async def test_who_takes_an_address_up_again_is_no_former_user(driver: Driver) -> None:
    first, person, token = await member(driver)
    second = address("second")
    await changed(driver, token, second)
    back = await driver.signed_in(second)
    await ask(driver, back, first)
    await driver.ask(identity.ConfirmEmailChange(token=back, code=await driver.code(first, 2)))
    assert (await former(driver, first), await former(driver, second)) == ([], [person])
    third = await moved(driver, first, "third")
    assert (await former(driver, first), await former(driver, third)) == ([person], [])
    assert await kept(driver, person) == 3


async def test_a_mailbox_of_two_people_finds_both(driver: Driver) -> None:
    shared, one, token = await member(driver)
    await changed(driver, token, address("own"))
    other = await driver.ask(
        identity.ConfirmEmail(email=shared, token=await driver.register(shared), code=await driver.code(shared, 2))
    )
    assert (await driver.ask(identity.FindPerson(email=shared))).subject_id == other.id
    assert await former(driver, shared) == [one]
    await moved(driver, shared, "elsewhere")
    assert await former(driver, shared) == sorted([one, other.id])


async def test_linked_ids_are_one_person(driver: Driver) -> None:
    """Whoever has the address today is the same person, by another id."""
    old, person, token = await member(driver)
    await changed(driver, token, address("new"))
    again = (await driver.ask(identity.RecognizePerson(email=old))).subject_id
    assert await former(driver, old) == [person]
    await driver.ask(identity.LinkPersons(subject_id=person, other_id=again))
    assert await former(driver, old) == []


async def test_what_a_thief_changed_was_never_the_persons(driver: Driver) -> None:
    before, person, token = await member(driver)
    old, new = address("own"), address("thief")
    await changed(driver, token, old)
    await changed(driver, await driver.signed_in(old), new)
    last = await moved(driver, new, "thief")
    await driver.ask(identity.UndoEmailChange(token=await undo_token(driver, old, CHANGED)))
    assert [await former(driver, each) for each in (before, old, new, last)] == [[person], [], [], []]


async def test_an_erasure_leaves_no_former_address(driver: Driver) -> None:
    old, person, token = await member(driver)
    await changed(driver, token, address("new"))
    assert await kept(driver, person) == 1
    async with driver.harness.database("identity") as database, database.transaction(Purpose.ERASURE) as tx:
        await erase(tx, ERASER, uuid4(), [OrderedSubject(subject_id=person, case_id=uuid4(), terminate_contract=True)])
    assert (await kept(driver, person), await former(driver, old)) == (0, [])


async def test_a_copy_tells_the_days_and_not_the_hash(driver: Driver) -> None:
    _, person, token = await member(driver)
    await changed(driver, token, address("new"))
    page = await driver.ask(ReadCopy(subjects=(person,)), to="identity")
    rows = [row for table in page.tables if table.table.name == "former_address" for row in table.rows]
    assert [{"since", "until"} - row.keys() for row in rows] == [set()]
    assert "address_hash" not in rows[0]


async def test_they_are_found_across_a_rotation_of_the_keys(driver: Driver) -> None:
    old, person, token = await member(driver)
    await changed(driver, token, address("new"))
    newer = Keyring("identity", f"9:{'n' * 32},{driver.harness.settings['keys']}")
    without = Keyring("identity", f"9:{'n' * 32}")
    async with driver.harness.database("identity") as database:
        for keyring, found in ((without, []), (newer, [person]), (without, [person])):
            async with database.transaction(Purpose.UPKEEP) as tx:
                assert await former_users(tx, keyring, old) == found


async def test_no_key_goes_while_addresses_are_known_by_it(driver: Driver) -> None:
    _, _, token = await member(driver)
    await changed(driver, token, address("new"))
    present, former = [await driver.value(BY_KEY.format(table=table)) for table in ("confirmed", "former")]
    said = rf"LETHE_IDENTITY_KEYS lacks keys .*: key 1 \({present + former}\), key 7 \(1\); put them last"
    async with driver.harness.superuser("identity") as rows:
        await rows.execute(LEFT_BY_7_AND_8)
    other = replace(driver.harness, settings=driver.harness.settings | {"keys": f"8:{'n' * 32},9:{'o' * 32}"})
    with pytest.raises(CannotStart, match=said):
        await contextlib.AsyncExitStack().enter_async_context(other.serve(IDENTITY))
