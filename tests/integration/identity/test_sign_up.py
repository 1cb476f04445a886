"""Signing up on the real servers: codes, limits, who is who, and what bad input changes: nothing."""

import asyncio
from typing import Any

import pytest

from shared.contracts import identity
from tests.harness import eventually
from tests.integration.identity.driver import PASSWORD, Driver, address

GOOD = {"password": PASSWORD, "full_name": "Anna Nowak"}


async def test_a_confirmed_code_begins_an_account(driver: Driver) -> None:
    anna = address("anna")
    async with driver.listening("identity.person-registered.v1") as heard:
        person = await driver.member(anna, kind="sole trader", nip="922-28-28-810", city="Łódź")
        await eventually(lambda: _has(heard, {"subject_id": str(person), "kind": "sole trader"}))
    profile = await driver.ask(identity.ReadProfile(subject_id=person))
    assert (profile.email, profile.nip, profile.city) == (anna, "9222828810", "Łódź")
    assert profile == await driver.ask(identity.TellBuyer(subject_id=person))
    assert (await driver.ask(identity.TellAddress(subject_id=person))).email == anna
    log = await driver.ask(identity.ReadActivity(subject_id=person))
    assert [entry.what for entry in log.activities] == ["account confirmed"]
    assert person.version == 7
    assert not await driver.value("SELECT count(*) FROM sign_up WHERE email = $1", anna)


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("DE", "DE 136 695 976", "DE136695976"),
        ("GR", "094259216", "EL094259216"),
        ("GB", "XI 980 7806 84", "XI980780684"),
    ],
)
async def test_a_business_abroad_registers_with_its_own_number(
    driver: Driver, country: str, typed: str, written: str
) -> None:
    entries = {"kind": "company", "company": "Beispiel GmbH", "country": country, "vat_number": typed}
    person = await driver.member(address("abroad"), **entries)
    profile = await driver.ask(identity.TellBuyer(subject_id=person))
    assert (profile.country, profile.vat_number, profile.nip) == (country, written, "")
    home = identity.ChangeProfile(subject_id=person, country="PL", nip="922-28-28-810", vat_number="")
    profile = await driver.ask(home)
    assert (profile.country, profile.vat_number, profile.nip) == ("PL", "", "9222828810")
    assert await driver.ask(identity.ReadProfile(subject_id=person)) == profile


async def _has(heard: list[dict[str, Any]], event: dict[str, str]) -> bool:
    return event in heard


async def test_a_sign_up_is_nobody_before_the_code(driver: Driver) -> None:
    anna = address("anna")
    people = await driver.value("SELECT count(*) FROM subject")
    await driver.register(anna)
    await driver.code(anna)
    assert (await driver.problem(identity.SignIn(email=anna, password=PASSWORD))).status == 401
    assert await driver.value("SELECT count(*) FROM subject") == people


async def test_a_known_address_is_answered_alike_and_its_owner_told_once(driver: Driver) -> None:
    anna = address("anna")
    person = await driver.member(anna)
    again = [await driver.register(anna.upper(), password="another password", full_name="X") for _ in range(3)]
    tokens = [await driver.register(address("nobody")), *again]
    assert {len(token) for token in tokens} == {43}
    assert len(set(tokens)) == 4
    assert "próbował założyć konto" in (await driver.mails(anna, "Masz już u nas konto"))[0]
    mails = "SELECT count(*) FROM service_mail WHERE subject_id = $1 AND template = 'already-registered'"
    assert await driver.value(mails, person) == 1
    assert len(await driver.mails(anna, "Kod potwierdzający")) == 1
    assert await driver.signed_in(anna)


async def test_five_wrong_codes_use_up_the_right_one(driver: Driver) -> None:
    anna = address("anna")
    token = await driver.register(anna)
    right = await driver.code(anna)
    wrong = f"{(int(right) + 1) % 10**8:08d}"
    problems = [await driver.problem(identity.ConfirmEmail(email=anna, token=token, code=wrong)) for _ in range(5)]
    problems.append(await driver.problem(identity.ConfirmEmail(email=anna, token=token, code=right)))
    problems.append(await driver.problem(identity.ConfirmEmail(email=address("nobody"), token=token, code=right)))
    problems.append(await driver.problem(identity.ConfirmEmail(email=anna, token="x" * 43, code=right)))
    assert all(problem == problems[0] for problem in problems)
    assert [e.field for e in problems[0].errors] == ["code"]
    assert not await driver.value("SELECT count(*) FROM account WHERE email = $1", anna)


async def test_many_wrong_codes_at_once_count_each(driver: Driver) -> None:
    anna = address("anna")
    token = await driver.register(anna)
    right = await driver.code(anna)
    codes = [f"{(int(right) + n) % 10**8:08d}" for n in range(1, 9)]
    wrong = [identity.ConfirmEmail(email=anna, token=token, code=code) for code in codes]
    await asyncio.gather(*(driver.problem(request) for request in wrong))
    assert (await driver.problem(identity.ConfirmEmail(email=anna, token=token, code=right))).status == 422
    assert await driver.value("SELECT tries FROM pending_address WHERE email = $1", anna) == 5


async def test_an_expired_code_and_an_expired_sign_up_are_refused(driver: Driver) -> None:
    anna = address("anna")
    token = await driver.register(anna)
    confirm = identity.ConfirmEmail(email=anna, token=token, code=await driver.code(anna))
    change = "UPDATE {} = now() + $2::text::interval WHERE email = $1 RETURNING true"
    assert await driver.value(change.format("pending_address SET code_expires_at"), anna, "-1 second")
    assert (await driver.problem(confirm)).status == 422
    assert await driver.value(change.format("pending_address SET code_expires_at"), anna, "1 minute")
    assert await driver.value(change.format("sign_up SET created_at"), anna, "-49 hours")
    assert (await driver.problem(confirm)).status == 422
    assert await driver.value(change.format("pending_address SET newest_at"), anna, "-49 hours")
    await driver.value("UPDATE mail_request SET full_at = now() - interval '1 second' RETURNING true")
    await driver.expire()
    for table in ("sign_up", "pending_address"):
        assert not await driver.value(f"SELECT count(*) FROM {table} WHERE email = $1", anna)  # noqa: S608
    assert not await driver.value("SELECT count(*) FROM mail_request WHERE due_at IS NULL")


async def test_a_code_is_valid_for_ten_minutes_at_most(driver: Driver) -> None:
    anna, before = address("anna"), await driver.value("SELECT now()")
    await driver.register(anna)
    await driver.code(anna)
    mailed = "SELECT code_expires_at - interval '10 minutes' BETWEEN $2 AND now() FROM pending_address WHERE email = $1"
    assert await driver.value(mailed, anna, before)


async def test_a_code_works_once_and_a_repeated_confirmation_is_answered_alike(driver: Driver) -> None:
    anna = address("anna")
    token = await driver.register(anna)
    confirm = identity.ConfirmEmail(email=anna, token=token, code=await driver.code(anna))
    first, second = await asyncio.gather(*(driver.ask(confirm, idempotency_key="anna's tab") for _ in range(2)))
    assert first == second
    assert first == await driver.ask(confirm, idempotency_key="anna's tab")
    assert (await driver.problem(confirm)).status == 422
    assert await driver.value("SELECT count(*) FROM account WHERE email = $1", anna) == 1


async def test_a_code_is_mailed_again_as_long_as_it_is_valid_and_then_a_fresh_one(driver: Driver) -> None:
    anna = address("anna")
    token = await driver.register(anna)
    first = await driver.code(anna)
    await driver.ask(identity.ResendCode(email=anna, token=token))
    assert await driver.code(anna, 2) == first
    expired = "UPDATE pending_address SET code_expires_at = now() WHERE email = $1 RETURNING true"
    assert await driver.value(expired, anna)
    await driver.ask(identity.ResendCode(email=anna, token=token))
    second = await driver.code(anna, 3)
    assert second != first
    assert (await driver.problem(identity.ConfirmEmail(email=anna, token=token, code=first))).status == 422
    assert await driver.ask(identity.ConfirmEmail(email=anna, token=token, code=second))


async def test_a_code_is_mailed_again_to_whoever_shows_the_token_of_the_address(driver: Driver) -> None:
    anna = address("anna")
    token = await driver.register(anna)
    await driver.code(anna)
    before = await driver.everything()
    answers = [
        await driver.ask(identity.ResendCode(email=email, token=shown))
        for email, shown in ((anna, ""), (anna, "x" * 43), (address("nobody"), token))
    ]
    assert await driver.everything() == before
    mailed = await driver.ask(identity.ResendCode(email=anna, token=token))
    assert all(answer == mailed for answer in answers)


async def test_an_address_has_one_person_however_many_ask_at_once(driver: Driver) -> None:
    anna = address("anna")
    asked = [driver.ask(identity.RecognizePerson(email=anna)) for _ in range(20)]
    people = {answer.subject_id for answer in await asyncio.gather(*asked)}
    assert len(people) == 1
    assert await driver.member(anna) in people


BAD: list[tuple[str, dict[str, Any]]] = [
    ("email", {"email": "anna"}),
    ("email", {"email": f"{'a' * 300}@example.com"}),
    ("email", {"email": "a@example.com\r\nBcc: b@example.com"}),
    ("password", {"password": "short"}),
    ("password", {"password": "x" * 201}),
    ("password", {"password": "password1234"}),
    ("full_name", {"full_name": ""}),
    ("full_name", {"full_name": "   "}),
    ("full_name", {"full_name": "x" * 201}),
    ("full_name", {"full_name": "Anna\nNowak"}),
    ("street", {"street": "x" * 201}),
    ("full_name", {"full_name": "\u200b\u3164"}),
    ("full_name", {"full_name": "Anna\u202eNowak"}),
    ("street", {"street": "Długa\u20281"}),
    ("phone", {"phone": "+"}),
    ("phone", {"phone": "()"}),
    ("postal_code", {"postal_code": "x" * 21}),
    ("city", {"city": "\x00"}),
    ("country", {"country": "Polska"}),
    ("phone", {"phone": "call me"}),
    ("kind", {"kind": "robot"}),
    ("company", {"kind": "company", "nip": "9222828810"}),
    ("nip", {"kind": "company", "company": "Firma", "nip": "9222828811"}),
    ("nip", {"kind": "sole trader"}),
    ("nip", {"kind": "sole trader", "nip": "0000000000"}),
    ("country", {"country": "ZZ"}),
    ("country", {"kind": "company", "company": "Firma", "nip": "9222828810", "country": "XX"}),
    ("vat_number", {"kind": "company", "company": "Firma", "nip": "9222828810", "country": "DE"}),
    ("vat_number", {"kind": "sole trader", "country": "DE", "vat_number": "DE136695977"}),
    ("language", {"language": "de"}),
]


@pytest.mark.parametrize(("field", "entries"), BAD)
async def test_a_bad_sign_up_names_the_field_and_changes_nothing(
    driver: Driver, field: str, entries: dict[str, Any]
) -> None:
    before = await driver.everything()
    unread = identity.RegisterAccount.model_construct(
        **({"email": "good@example.com", "kind": "person", "language": "pl"} | GOOD | entries)
    )
    problem = await driver.problem(unread)
    assert problem.status == 422
    assert field in {e.field for e in problem.errors}
    assert not any(str(value) in problem.model_dump_json() for value in entries.values() if len(str(value)) > 12)
    assert await driver.everything() == before


@pytest.mark.parametrize("code", ["", "1234567", "123456789", "abcdefgh", "１２３４５６７８"])
async def test_a_malformed_code_is_no_try(driver: Driver, code: str) -> None:
    anna = address("anna")
    token = await driver.register(anna)
    await driver.code(anna)
    problem = await driver.problem(identity.ConfirmEmail.model_construct(email=anna, token=token, code=code))
    assert (problem.status, [e.field for e in problem.errors]) == (422, ["code"])
    assert await driver.value("SELECT tries FROM sign_up WHERE email = $1", anna) == 0
