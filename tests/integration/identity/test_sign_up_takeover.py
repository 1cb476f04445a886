"""Two people sign up with one address: the account is the mailbox owner's, as given in the browser that began."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from shared.contracts import identity
from shared.problems import Problem
from tests.harness import eventually
from tests.integration.identity.driver import PASSWORD, Driver, address

STRANGERS = {"password": "the stranger's password", "full_name": "Mallory", "city": "Elsewhere"}
MAILED = "SELECT due_at > now() + interval '10 minutes' FROM mail_request WHERE email = $1"


async def confirmed(driver: Driver, email: str, token: str, code: str) -> UUID:
    created = await driver.ask(identity.ConfirmEmail(email=email, token=token, code=code))
    return UUID(str(created.id))


async def refused(driver: Driver, email: str, token: str, code: str) -> Problem:
    return await driver.problem(identity.ConfirmEmail(email=email, token=token, code=code))


async def is_the_owners(driver: Driver, email: str, person: UUID) -> None:
    """The account opens by what the owner gave, and by nothing of the stranger's."""
    profile = await driver.ask(identity.ReadProfile(subject_id=person))
    assert (profile.email, profile.full_name, profile.city) == (email, "Anna Nowak", "")
    wrong = identity.SignIn(email=email, password=STRANGERS["password"])
    assert (await driver.problem(wrong)).status == 401
    assert await driver.signed_in(email, PASSWORD)


@pytest.mark.parametrize("stranger_first", [False, True])
@pytest.mark.parametrize("spell", [str, str.upper])
async def test_the_account_opens_with_what_its_owner_gave(
    driver: Driver, stranger_first: bool, spell: Callable[[str], str]
) -> None:
    anna = address("anna")
    strangers_spelling = spell(anna)
    if stranger_first:
        await driver.register(strangers_spelling, **STRANGERS)
        await driver.code(strangers_spelling)
    owners = await driver.register(anna)
    code = await driver.code(anna)
    if not stranger_first:
        await driver.register(strangers_spelling, **STRANGERS)
        code = await driver.code(strangers_spelling, 2)
    await is_the_owners(driver, anna, await confirmed(driver, anna, owners, code))


async def test_the_code_in_the_first_mail_stays_good_when_a_stranger_signs_up(driver: Driver) -> None:
    anna = address("anna")
    owners = await driver.register(anna)
    code = await driver.code(anna)
    await driver.register(anna, **STRANGERS)
    await driver.mails(anna, "Kod potwierdzający", 2)
    await is_the_owners(driver, anna, await confirmed(driver, anna, owners, code))


async def test_a_stranger_who_learns_the_code_too_late_opens_nothing(driver: Driver) -> None:
    anna = address("anna")
    owners, strangers = await driver.register(anna), await driver.register(anna, **STRANGERS)
    code = await driver.code(anna)
    person = await confirmed(driver, anna, owners, code)
    assert (await refused(driver, anna, strangers, code)).status == 422
    await is_the_owners(driver, anna, person)


@pytest.mark.parametrize("token", ["", "x" * 43, "A"])
async def test_the_code_alone_opens_nothing(driver: Driver, token: str) -> None:
    anna = address("anna")
    await driver.register(anna)
    code = await driver.code(anna)
    problem = await refused(driver, anna, token, code)
    assert (problem.status, [e.field for e in problem.errors]) == (422, ["code" if token else "token"])
    assert not await driver.value("SELECT count(*) FROM account WHERE email = $1", anna)


async def test_the_token_of_one_address_proves_no_other(driver: Driver) -> None:
    anna, mallory = address("anna"), address("mallory")
    strangers = await driver.register(mallory, **STRANGERS)
    await driver.register(anna)
    code = await driver.code(anna)
    assert (await refused(driver, anna, strangers, code)).status == 422
    assert (await refused(driver, mallory, strangers, code)).status == 422
    assert (await refused(driver, anna, strangers, await driver.code(mallory))).status == 422


async def test_the_tokens_are_stored_by_their_hashes(driver: Driver) -> None:
    token = await driver.register(address("anna"))
    assert token not in await driver.everything()


async def test_many_sign_ups_by_a_stranger_keep_nobody_out_and_cost_a_few_mails(driver: Driver) -> None:
    anna = address("anna")
    for _ in range(12):
        await driver.register(anna, **STRANGERS)
    # too many passwords at once for a busy machine: those are asked again
    await asyncio.gather(*(eventually(lambda: driver.register(anna, **STRANGERS)) for _ in range(13)))
    owners = await driver.register(anna)
    await driver.everything()  # waits for what is due
    mails = await driver.mails(anna, "Kod potwierdzający")
    assert len(mails) <= 3
    assert await driver.value(MAILED, anna) in (True, None)
    await is_the_owners(driver, anna, await confirmed(driver, anna, owners, await driver.code(anna)))


async def test_an_owner_who_comes_after_the_mails_waits_some_minutes_for_the_next(driver: Driver) -> None:
    anna, before = address("anna"), await driver.value("SELECT now()")
    for count in (1, 2, 3):
        await driver.register(anna, **STRANGERS)
        await driver.mails(anna, "Kod potwierdzający", count)
    await driver.value("UPDATE pending_address SET code_expires_at = now() WHERE email = $1 RETURNING 1", anna)
    owners = await driver.register(anna)
    due = "SELECT due_at - interval '20 minutes' BETWEEN $2 AND now() FROM mail_request"
    assert await driver.value(f"{due} WHERE email = $1", anna, before)
    await driver.value("UPDATE mail_request SET due_at = now() WHERE email = $1 RETURNING 1", anna)
    code = await driver.code(anna, 4)
    await is_the_owners(driver, anna, await confirmed(driver, anna, owners, code))


async def test_asking_on_and_on_does_not_put_the_next_mail_off(driver: Driver) -> None:
    anna = address("anna")
    for count in (1, 2, 3):
        stranger = await driver.register(anna, **STRANGERS)
        await driver.mails(anna, "Kod potwierdzający", count)
        for _ in range(20 * (count == 3)):
            await driver.ask(identity.ResendCode(email=anna, token=stranger))
    full = "SELECT full_at < now() + interval '81 minutes' FROM mail_request WHERE email = $1"
    assert await driver.value(full, anna)


async def test_a_strangers_wrong_codes_leave_the_owner_hers(driver: Driver) -> None:
    anna = address("anna")
    owners, strangers = await driver.register(anna), await driver.register(anna, **STRANGERS)
    right = await driver.code(anna)
    for n in range(1, 8):
        assert (await refused(driver, anna, strangers, f"{(int(right) + n) % 10**8:08d}")).status == 422
    assert await driver.value("SELECT tries FROM pending_address WHERE email = $1", anna) == 5
    assert (await refused(driver, anna, strangers, right)).status == 422
    await is_the_owners(driver, anna, await confirmed(driver, anna, owners, right))


async def test_a_code_can_be_guessed_at_a_hundred_times_by_all_together(driver: Driver) -> None:
    anna = address("anna")
    owners = await driver.register(anna)
    right = await driver.code(anna)
    await driver.value("UPDATE pending_address SET tries = 100 WHERE email = $1 RETURNING 1", anna)
    assert (await refused(driver, anna, owners, right)).status == 422
    await driver.ask(identity.ResendCode(email=anna, token=owners))
    fresh = await driver.code(anna, 2)
    assert fresh != right
    await is_the_owners(driver, anna, await confirmed(driver, anna, owners, fresh))


async def test_a_known_address_is_asked_and_tried_like_an_unknown_one(driver: Driver) -> None:
    """The same rows are written, so the same time is taken: for the sign-up, and for each try of a code."""
    known, unknown = address("known"), address("unknown")
    await driver.member(known)
    await driver.value("DELETE FROM pending_address WHERE email = $1 RETURNING 1", known)
    await driver.value("DELETE FROM mail_request RETURNING 1")
    rows = """
    SELECT (SELECT count(*) FROM sign_up WHERE email = $1 AND tries = 1), p.tries, count(r.*)
    FROM pending_address p JOIN mail_request r USING (address_hash) WHERE p.email = $1 GROUP BY p.tries
    """
    for email in (known, unknown):
        token = await driver.register(email)
        await driver.everything()
        await refused(driver, email, token, "00000000")
        async with driver.harness.superuser("identity") as database:
            assert [tuple(row) for row in await database.fetch(rows, email)] == [(1, 1, 1)]
