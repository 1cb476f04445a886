"""Another address for an account: proved at the new mailbox, told to the old one, undone from there in seven days."""

import asyncio
import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.identity.addresses import hashes_of
from services.identity.erasure import ERASER
from shared.contracts import identity
from shared.contracts.privacy import OrderedSubject
from shared.personal_data.erasure import erase
from shared.purposes import Purpose
from tests.harness import eventually
from tests.integration.identity.driver import PASSWORD, Driver, address

NEW_PASSWORD = "staple horse battery"
ASKED, CHANGED, RESET = "Ktoś zmienia adres", "Adres Twojego konta", "Ustawianie nowego"


async def member(driver: Driver) -> tuple[str, UUID, str]:
    """Somebody signed in: address, id, session."""
    email = address("old")
    person = await driver.member(email)
    return email, person, await driver.signed_in(email)


async def ask(driver: Driver, token: str, email: str) -> None:
    await driver.ask(identity.ChangeEmail(token=token, email=email))


async def changed(driver: Driver, token: str, email: str) -> None:
    """Ask and confirm."""
    await ask(driver, token, email)
    await driver.ask(identity.ConfirmEmailChange(token=token, code=await driver.code(email)))


async def undo_token(driver: Driver, email: str, subject: str) -> str:
    """The token in the newest letter to the old address."""
    match = re.search(r"/email-changes/([\w-]+)", (await driver.mails(email, subject))[-1])
    assert match, "no link in the letter"
    return match[1]


async def refused(driver: Driver, email: str, password: str = PASSWORD) -> int:
    return (await driver.problem(identity.SignIn(email=email, password=password))).status


async def test_the_address_changes_when_the_new_mailbox_is_proved(driver: Driver) -> None:
    old, person, token = await member(driver)
    new, elsewhere = address("new"), await driver.signed_in(old)
    await ask(driver, token, new)
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email == old
    assert await driver.mails(old, ASKED)
    async with driver.listening("identity.profile-changed.v1") as heard:
        await driver.ask(identity.ConfirmEmailChange(token=token, code=await driver.code(new)))
        await eventually(lambda: heard == [{"subject_id": str(person), "fields": ["email"]}])
    assert (await driver.ask(identity.TellAddress(subject_id=person))).email == new
    assert (await driver.ask(identity.RecognizePerson(email=new))).subject_id == person
    for ended in (token, elsewhere):
        assert (await driver.problem(identity.Authenticate(token=ended))).status == 401
    assert await refused(driver, old) == 401
    assert await driver.signed_in(new)
    assert await driver.mails(old, CHANGED)
    assert (await driver.ask(identity.RecognizePerson(email=old))).subject_id != person


async def test_it_needs_a_session_that_was_proved_a_short_while_ago(driver: Driver) -> None:
    old, person, token = await member(driver)
    change = identity.ChangeEmail(token=token, email=address("new"))
    stale = "UPDATE session SET authenticated_at = now() - interval '16 minutes' WHERE subject_id = $1 RETURNING 1"
    await driver.value(stale, person)
    problem = await driver.problem(change)
    assert (problem.status, problem.type) == (403, "urn:lethe:problem:reauthentication")
    assert (await driver.problem(change.model_copy(update={"token": "x" * 43}))).status == 401
    await driver.ask(identity.Reauthenticate(token=token, password=PASSWORD))
    await driver.ask(change)
    same = await driver.problem(change.model_copy(update={"email": old.upper()}))
    assert (same.status, [e.field for e in same.errors]) == (422, ["email"])


async def test_wrong_codes_change_nothing_and_use_up_the_tries(driver: Driver) -> None:
    _, person, token = await member(driver)
    new = address("new")
    assert (await driver.problem(identity.ConfirmEmailChange(token=token, code="12345678"))).status == 422
    await ask(driver, token, new)
    right = await driver.code(new)
    wrong = [identity.ConfirmEmailChange(token=token, code=f"{(int(right) + n) % 10**8:08d}") for n in range(1, 6)]
    problems = await asyncio.gather(*(driver.problem(request) for request in wrong))
    problems.append(await driver.problem(identity.ConfirmEmailChange(token=token, code=right)))
    assert {p.status for p in problems} == {422}
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email != new


async def test_the_code_of_one_mailbox_confirms_no_other(driver: Driver) -> None:
    _, person, token = await member(driver)
    mine, anothers = address("mine"), address("anothers")
    await ask(driver, token, mine)
    code = await driver.code(mine)
    await ask(driver, token, anothers)
    await driver.code(anothers)
    assert (await driver.problem(identity.ConfirmEmailChange(token=token, code=code))).status == 422
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email not in (mine, anothers)


async def test_a_taken_address_is_told_to_the_holder_of_its_mailbox_alone(driver: Driver) -> None:
    old, person, token = await member(driver)
    taken = address("taken")
    owner = await driver.member(taken)
    free = await driver.ask(identity.ChangeEmail(token=token, email=address("free")))
    assert await driver.ask(identity.ChangeEmail(token=token, email=taken.upper())) == free
    wrong = await driver.problem(identity.ConfirmEmailChange(token=token, code="00000000"))
    assert (wrong.status, [e.field for e in wrong.errors]) == (422, ["code"])
    code = await driver.code(taken.upper())
    assert (await driver.problem(identity.ConfirmEmailChange(token=token, code=code))).status == 409
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email == old
    assert (await driver.ask(identity.ReadProfile(subject_id=owner))).email == taken
    assert await driver.signed_in(taken)


async def test_two_who_confirm_one_address_at_once_do_not_both_get_it(driver: Driver) -> None:
    new, people = address("new"), [await member(driver) for _ in range(2)]
    for _, _, token in people:
        await ask(driver, token, new)
    code = await driver.code(new)
    confirms = [identity.ConfirmEmailChange(token=token, code=code) for _, _, token in people]
    answers = await asyncio.gather(*(driver.ask(confirm) for confirm in confirms), return_exceptions=True)
    assert sum(isinstance(answer, Exception) for answer in answers) == 1
    assert await driver.value("SELECT count(*) FROM account WHERE email = $1", new) == 1


async def test_a_reader_without_an_account_turns_out_to_be_the_same_person(driver: Driver) -> None:
    _, person, token = await member(driver)
    new = address("reader")
    reader = (await driver.ask(identity.RecognizePerson(email=new))).subject_id
    async with driver.listening("identity.subjects-linked.v1") as heard:
        await changed(driver, token, new)
        await eventually(lambda: {e["subject_id"] for e in heard} == {str(person), str(reader)})
    assert (await driver.ask(identity.RecognizePerson(email=new))).subject_id == person


async def test_the_old_mailbox_undoes_a_thiefs_change(driver: Driver) -> None:
    old, person, token = await member(driver)
    new = address("thief")
    await changed(driver, token, new)
    thiefs = await driver.signed_in(new)
    await driver.ask(identity.RequestPasswordReset(email=new))
    mailed = (await driver.mails(new, RESET))[-1].partition("Kod: ")[2].strip()
    undo = identity.UndoEmailChange(token=await undo_token(driver, old, CHANGED))
    async with driver.listening("identity.profile-changed.v1") as heard:
        await driver.ask(undo)
        await eventually(lambda: heard == [{"subject_id": str(person), "fields": ["email"]}])
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email == old
    assert (await driver.problem(identity.Authenticate(token=thiefs))).status == 401
    assert await refused(driver, new) == await refused(driver, old) == 401
    assert (await driver.problem(identity.ResetPassword(token=mailed, password=NEW_PASSWORD))).status == 422
    assert (await driver.problem(undo)).status == 404
    owners = (await driver.mails(old, RESET))[-1].partition("Kod: ")[2].strip()
    await driver.ask(identity.ResetPassword(token=owners, password=NEW_PASSWORD))
    assert await driver.signed_in(old, NEW_PASSWORD)


async def test_undoing_the_first_change_undoes_what_came_after(driver: Driver) -> None:
    old, person, token = await member(driver)
    second, third = address("second"), address("third")
    await changed(driver, token, second)
    await changed(driver, await driver.signed_in(second), third)
    await ask(driver, await driver.signed_in(third), address("fourth"))
    thiefs = await undo_token(driver, second, CHANGED)
    await driver.ask(identity.UndoEmailChange(token=await undo_token(driver, old, CHANGED)))
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email == old
    assert (await driver.problem(identity.UndoEmailChange(token=thiefs))).status == 404
    assert not await driver.value("SELECT count(*) FROM email_change WHERE subject_id = $1", person)


async def test_the_old_mailbox_calls_off_a_change_that_waits(driver: Driver) -> None:
    old, person, token = await member(driver)
    new = address("thief")
    await ask(driver, token, new)
    code = await driver.code(new)
    await driver.ask(identity.UndoEmailChange(token=await undo_token(driver, old, ASKED)))
    assert (await driver.problem(identity.ConfirmEmailChange(token=token, code=code))).status == 401
    assert await refused(driver, old) == 401
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email == old
    assert await driver.mails(old, RESET)


async def test_after_seven_days_it_stays_and_the_old_address_is_forgotten(driver: Driver) -> None:
    old, person, token = await member(driver)
    new = address("new")
    await changed(driver, token, new)
    undo = identity.UndoEmailChange(token=await undo_token(driver, old, CHANGED))
    aged = "UPDATE email_change SET created_at = created_at - interval '7 days' WHERE subject_id = $1 RETURNING 1"
    await driver.value(aged, person)
    assert (await driver.problem(undo)).status == 404
    await driver.expire()
    assert old not in await driver.everything()
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email == new


async def test_an_undo_does_not_take_the_old_address_from_somebody_new(driver: Driver) -> None:
    old, person, token = await member(driver)
    new = address("new")
    await changed(driver, token, new)
    undo = identity.UndoEmailChange(token=await undo_token(driver, old, CHANGED))
    begun = await driver.register(old)
    await driver.ask(identity.ConfirmEmail(email=old, token=begun, code=await driver.code(old, 2)))
    assert (await driver.problem(undo)).status == 409
    assert (await driver.ask(identity.ReadProfile(subject_id=person))).email == new


async def test_many_changes_mail_a_mailbox_a_few_times_and_tell_the_owner_once(driver: Driver) -> None:
    old, _, token = await member(driver)
    new = address("victim")
    for _ in range(12):
        await ask(driver, token, new)
    await driver.everything()
    assert 1 <= len(await driver.mails(new, "Kod potwierdzający")) <= 3
    assert len(await driver.mails(old, ASKED)) == 1


@pytest.mark.parametrize("confirm", [False, True])
async def test_an_erasure_takes_all_of_a_change_along(driver: Driver, confirm: bool) -> None:
    old, person, token = await member(driver)
    new = address("new")
    await (changed if confirm else ask)(driver, token, new)
    await driver.code(new)
    await driver.everything()
    async with driver.harness.database("identity") as database, database.transaction(Purpose.ERASURE) as tx:
        await erase(tx, ERASER, uuid4(), [OrderedSubject(subject_id=person, case_id=uuid4(), terminate_contract=True)])
    left = await driver.everything()
    for value in (old, new, hashes_of(driver.keyring, new).newest.hex()):
        assert value not in left


async def test_the_tokens_of_the_letters_are_stored_by_their_hashes(driver: Driver) -> None:
    old, _, token = await member(driver)
    await changed(driver, token, address("new"))
    undo: Any = await undo_token(driver, old, CHANGED)
    assert undo not in await driver.everything()
    assert not await driver.value("SELECT count(*) FROM service_mail WHERE email IS NOT NULL")
