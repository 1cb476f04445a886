"""What somebody began and never finished goes with the erasure too: it is keyed to nobody, and known by its address."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts import identity, marketing, privacy
from shared.contracts.message import Request
from shared.problems import unavailable
from tests.harness import eventually
from tests.sample.harness import handled
from tests.scenario import CONFIRMING, PASSWORD, Customer, Scenario

PENDING = {
    "marketing": "SELECT count(*) FROM signup",
    "identity": "SELECT count(*) FROM sign_up",
    "privacy": "SELECT count(*) FROM unconfirmed_request",
}
NEWSLETTER: dict[str, Any] = {"language": "pl", "text_version": "T-7"}


async def pending(scenario: Scenario) -> dict[str, int]:
    return {service: await scenario.rows[service].fetchval(sql) for service, sql in PENDING.items()}


async def begin(scenario: Scenario, address: str) -> str:
    """A sign-up for the newsletter, for an account, and a request to be erased; answers the newsletter's link."""
    await scenario.ask(marketing.SubscribeNewsletter(email=address, **NEWSLETTER))
    await scenario.ask(identity.RegisterAccount(email=address, password=PASSWORD, full_name="Wisława Przybysławska"))
    await scenario.ask(privacy.RequestCase(email=address, terminate_contract=True, language="pl"))
    return await scenario.mailed(address, CONFIRMING)


async def erase_by_address(scenario: Scenario, address: str) -> None:
    """The whole way of somebody without an account."""
    asked = await scenario.ask(privacy.RequestCase(email=address, language="en"))
    code = await scenario.mailed(address, re.compile(rf"Code: (\d{{8}})\s+Request: {asked.id}"))
    person = Customer(scenario, address, "", "", token=uuid4().hex)
    await scenario.ask(privacy.ConfirmCase(request_id=asked.id, code=code, token=person.token))
    await person.until("closed")


def someone() -> str:
    return f"wislawa.{uuid4().hex[:12]}@example.com"


@pytest.mark.parametrize("spelling", [str, lambda a: a.replace("example.com", "EXAMPLE.com"), str.upper])
async def test_an_erasure_by_address_takes_what_was_begun_along(scenario: Scenario, spelling: Any) -> None:
    before, address, other = await pending(scenario), someone(), someone()
    links = [await begin(scenario, each) for each in (address, other)]
    await erase_by_address(scenario, spelling(address))
    assert await pending(scenario) == {service: count + 1 for service, count in before.items()}, "those of the other"
    assert [await scenario.status(marketing.ConfirmSubscription(token=link)) for link in links] == [404, 200]


async def test_an_erasure_by_a_member_takes_what_was_begun_along(scenario: Scenario) -> None:
    person, before = await scenario.register_customer(), await pending(scenario)
    link = await begin(scenario, person.address)
    await scenario.ask(identity.RequestPasswordReset(email=person.address))
    await eventually(lambda: scenario.count("identity", "password_reset", person.id))
    await person.erase(terminate=True)
    assert await pending(scenario) == before
    assert await scenario.count("identity", "password_reset", person.id) == 0
    assert await scenario.status(marketing.ConfirmSubscription(token=link)) == 404
    assert (
        await scenario.rows["marketing"].fetchval("SELECT count(*) FROM subscriber WHERE email = $1", person.address)
        == 0
    )


async def test_a_confirmed_sign_up_leaves_nothing_to_confirm_again(scenario: Scenario) -> None:
    """Its link goes on answering alike, and makes nobody a subscriber."""
    person = await scenario.register_customer()
    await person.subscribe()
    link = await scenario.mailed(person.address, CONFIRMING)
    await person.erase(terminate=True)
    assert await scenario.status(marketing.ConfirmSubscription(token=link)) == 200
    assert (
        await scenario.rows["marketing"].fetchval("SELECT count(*) FROM subscriber WHERE email = $1", person.address)
        == 0
    )


async def test_an_address_that_no_key_opens_any_more_holds_up_nobody(scenario: Scenario) -> None:
    """Its own half-finished sign-up ends after 48 hours; that of the other case in the order goes."""
    people = [await scenario.register_customer() for _ in range(2)]
    links = [await begin(scenario, person.address) for person in people]
    async with scenario.harness.superuser("privacy") as database, database.transaction():
        await database.execute("SELECT pg_advisory_xact_lock($1)", 0x4C45544845)  # the dispatcher waits
        for person in people:
            await person.ask_for_erasure(terminate=True)
        garble = "UPDATE privacy_case SET sealed_address = '\\x00' WHERE subject_id = $1"
        await scenario.rows["privacy"].execute(garble, people[0].id)
    for person in people:
        await person.until("closed")
    assert [await scenario.status(marketing.ConfirmSubscription(token=link)) for link in links] == [200, 404]


async def held(scenario: Scenario, order_id: UUID) -> tuple[str, ...]:
    reply: privacy.OrderAddresses = await scenario.ask(privacy.ReadOrderAddresses(order_id=order_id))
    assert not any(email in repr(reply) for email in reply.emails)
    return reply.emails


async def test_addresses_are_told_while_the_order_is_open(scenario: Scenario) -> None:
    person = await scenario.register_customer()
    async with scenario.harness.superuser("marketing") as busy, busy.transaction():
        await busy.execute("SELECT lethe.lock_people(ARRAY[$1::uuid])", person.id)
        case_id = await person.ask_for_erasure(terminate=True)
        order = "SELECT order_id FROM privacy_case WHERE case_id = $1 AND order_id IS NOT NULL"
        order_id: UUID = await eventually(lambda: scenario.rows["privacy"].fetchval(order, case_id))
        assert await held(scenario, order_id) == (person.address,)
    await person.until("closed")
    assert await held(scenario, order_id) == await held(scenario, uuid4()) == ()


def retried() -> int:
    queues = ("marketing.on.privacy.erasure-ordered", "marketing.on.privacy.erasure-reminded")
    return sum(handled(queue, "transient") for queue in queues)


async def test_an_order_waits_until_privacy_answers(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is a fault of the moment, tried again like any other, and never taken for "nobody"."""
    person, client, before = await scenario.register_customer(), scenario.resources["marketing"].client, retried()
    link, ask = await begin(scenario, person.address), client.request

    async def silent(request: Request[Any], **options: Any) -> Any:
        if isinstance(request, privacy.ReadOrderAddresses) and retried() < before + 2:
            raise unavailable("privacy")
        return await ask(request, **options)

    monkeypatch.setattr(client, "request", silent)
    await person.erase(terminate=True)
    assert retried() >= before + 2
    assert await scenario.status(marketing.ConfirmSubscription(token=link)) == 404
