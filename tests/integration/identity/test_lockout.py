"""Guessing makes the guesser wait: the owner on a known device, in a session or with a mailed code always gets in."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts import identity
from shared.contracts.identity import SignedIn
from shared.secrets import digest
from tests.integration.identity.driver import PASSWORD, Driver, address

NEW_PASSWORD = "staple horse battery"
pytestmark = pytest.mark.usefixtures("long_waits")


async def sign_in(driver: Driver, email: str, device_token: str = "", password: str = PASSWORD) -> SignedIn:
    request = identity.SignIn(email=email, password=password, device_token=device_token)
    answer: SignedIn = await driver.ask(request)
    return answer


async def shut_out(driver: Driver, email: str) -> None:
    """A stranger tries until whoever comes from anywhere has to wait."""
    wrong = identity.SignIn(email=email, password="wrong horse", ip="198.51.100.1")
    await asyncio.gather(*(driver.problem(wrong) for _ in range(8)))
    problem = await driver.problem(identity.SignIn(email=email, password=PASSWORD))
    assert problem.status == 429
    assert 1 <= problem.retry_after <= 900


async def test_an_owner_on_a_known_device_gets_in_whatever_strangers_try(driver: Driver) -> None:
    anna = address("anna")
    person = await driver.member(anna)
    device = (await sign_in(driver, anna)).device_token
    assert await driver.value("SELECT token_hash FROM known_device WHERE subject_id = $1", person) == digest(device)
    assert device not in await driver.everything()
    for _ in range(2):
        await shut_out(driver, anna)
        assert (await sign_in(driver, anna.upper(), device)).device_token == device
    assert (await driver.problem(identity.SignIn(email=anna, password=PASSWORD))).status == 429


async def test_only_a_device_of_that_person_spares_the_wait(driver: Driver) -> None:
    anna, mallory = address("anna"), address("mallory")
    person = await driver.member(anna)
    await driver.member(mallory)
    others = (await sign_in(driver, mallory)).device_token
    own = (await sign_in(driver, anna)).device_token
    old = "UPDATE known_device SET last_used_at = now() - interval '91 days' WHERE subject_id = $1 RETURNING 1"
    await driver.value(old, person)
    await shut_out(driver, anna)
    for shown in (others, own, "x" * 43, "A"):
        problem = await driver.problem(identity.SignIn(email=anna, password=PASSWORD, device_token=shown))
        assert problem.status == 429


async def test_tries_on_a_device_make_that_device_wait(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    device = (await sign_in(driver, anna)).device_token
    wrong = identity.SignIn(email=anna, password="wrong horse", device_token=device)
    statuses = sorted(p.status for p in await asyncio.gather(*(driver.problem(wrong) for _ in range(8))))
    assert statuses == [401] * 5 + [429] * 3
    problem = await driver.problem(identity.SignIn(email=anna, password=PASSWORD, device_token=device))
    assert (problem.status, problem.retry_after > 0) == (429, True)
    assert await sign_in(driver, anna)
    waited = "UPDATE known_device SET next_at = now() WHERE token_hash = $1 RETURNING 1"
    assert await driver.value(waited, digest(device))
    assert await sign_in(driver, anna, device)
    assert await driver.value("SELECT failures FROM known_device WHERE token_hash = $1", digest(device)) == 0


async def test_a_live_session_proves_and_changes_whatever_strangers_try(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    token = (await sign_in(driver, anna)).token
    await shut_out(driver, anna)
    await driver.ask(identity.Reauthenticate(token=token, password=PASSWORD))
    await driver.ask(identity.ChangePassword(token=token, password=PASSWORD, new_password=NEW_PASSWORD))
    await driver.ask(identity.Reauthenticate(token=token, password=NEW_PASSWORD))


async def test_tries_in_a_session_make_that_session_wait(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    stolen, other = (await sign_in(driver, anna)).token, (await sign_in(driver, anna)).token
    wrong: list[Any] = [identity.Reauthenticate(token=stolen, password="wrong horse")] * 4
    wrong += [identity.ChangePassword(token=stolen, password="wrong horse", new_password=NEW_PASSWORD)] * 4
    problems = await asyncio.gather(*(driver.problem(request) for request in wrong))
    assert sorted(p.status for p in problems) == [403] * 5 + [429] * 3
    assert (await driver.problem(identity.Reauthenticate(token=stolen, password=PASSWORD))).retry_after > 0
    await driver.ask(identity.Reauthenticate(token=other, password=PASSWORD))
    assert await sign_in(driver, anna)


async def test_a_mailed_code_leads_in_whatever_strangers_try(driver: Driver) -> None:
    anna = address("anna")
    await driver.member(anna)
    await shut_out(driver, anna)
    await driver.ask(identity.RequestPasswordReset(email=anna))
    mailed = (await driver.mails(anna, "Ustawianie nowego"))[-1].partition("Kod: ")[2].strip()
    device = (await driver.ask(identity.ResetPassword(token=mailed, password=NEW_PASSWORD))).device_token
    wrong = identity.SignIn(email=anna, password="wrong horse")
    await asyncio.gather(*(driver.problem(wrong) for _ in range(8)))
    assert (await driver.problem(identity.SignIn(email=anna, password=NEW_PASSWORD))).status == 429
    assert await sign_in(driver, anna, device, NEW_PASSWORD)


async def test_the_longest_unused_devices_are_forgotten(driver: Driver) -> None:
    anna = address("anna")
    person: UUID = await driver.member(anna)
    first = (await sign_in(driver, anna)).device_token
    others = "INSERT INTO known_device (token_hash, subject_id) SELECT sha256(uuid_send(gen_random_uuid())), $1"
    async with driver.harness.superuser("identity") as database:
        await database.execute(f"{others} FROM generate_series(1, 25)", person)
    assert (await sign_in(driver, anna)).device_token != first
    assert await driver.value("SELECT count(*) FROM known_device WHERE subject_id = $1", person) == 20


@pytest.mark.parametrize("shown", ["", "x" * 43])
async def test_a_device_that_is_not_known_becomes_so(driver: Driver, shown: str) -> None:
    anna = address("anna")
    await driver.member(anna)
    device = (await sign_in(driver, anna, shown)).device_token
    assert len(device) == 43
    assert device != shown
    assert (await sign_in(driver, anna, device)).device_token == device


async def test_who_waits_for_an_address_that_nobody_has_hears_it_alike(driver: Driver) -> None:
    await shut_out(driver, f"{uuid4().hex}@example.com")
