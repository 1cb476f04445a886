"""Systems of the vendor's hear what happened, whatever they do about it: tests/receiver.py behaves as its path says."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from services.licensing.webhooks.rules import DISABLED_AFTER, LAST_TRY
from shared.contracts import licensing
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver
from tests.receiver import Receiver, is_genuine, receiver

ISSUED, PAID = "licensing.license-issued.v1", "licensing.order-paid.v1"
NOW = "UPDATE webhook_delivery SET next_try_at = now() WHERE state = 'due' AND endpoint_id = $1"


@pytest.fixture(scope="module")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    async with drivers.opened(servers, settings={"local_webhooks": True, "webhooks_every_s": 0.2}) as opened:
        yield opened


@pytest.fixture(scope="module")
async def listening() -> AsyncIterator[Receiver]:
    async with receiver() as there:
        yield there


async def added(driver: Driver, there: Receiver, path: str, *types: str) -> licensing.NewWebhookEndpoint:
    asked = licensing.AddWebhookEndpoint(url=f"{there.url}{path}", types=types or (ISSUED,))
    made: licensing.NewWebhookEndpoint = await driver.ask(asked)
    return made


async def endpoint(driver: Driver, endpoint_id: UUID) -> licensing.WebhookEndpoint:
    listed: licensing.WebhookEndpoints = await driver.ask(licensing.ListWebhookEndpoints())
    return next(each for each in listed.endpoints if each.endpoint_id == endpoint_id)


async def deliveries(driver: Driver, endpoint_id: UUID, state: Any = "") -> tuple[licensing.WebhookDelivery, ...]:
    asked = licensing.ListWebhookDeliveries(endpoint_id=endpoint_id, state=state)
    found: licensing.WebhookDeliveries = await driver.ask(asked)
    return found.deliveries


async def first(driver: Driver, endpoint_id: UUID, state: str) -> licensing.WebhookDelivery:
    """The first delivery that has come to a state."""

    async def there() -> licensing.WebhookDelivery | None:
        return next(iter(await deliveries(driver, endpoint_id, state)), None)

    found: licensing.WebhookDelivery = await eventually(there)
    return found


async def test_a_system_hears_what_it_asked_for_and_nobody_s_name(driver: Driver, listening: Receiver) -> None:
    made = await added(driver, listening, "/fine", ISSUED, PAID)
    person = await driver.person()
    await driver.buy(person)
    await first(driver, made.endpoint_id, "delivered")
    told = await eventually(lambda: _both(listening, made.secret))
    license_ = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses[0]
    assert {each.split('"type":"')[1].split('"')[0] for each in told} == {ISSUED, PAID}
    assert any(str(license_.license_id) in each for each in told)
    assert not any(str(person) in each for each in told)
    assert (await endpoint(driver, made.endpoint_id)).failures == 0
    await driver.ask(licensing.RemoveWebhookEndpoint(endpoint_id=made.endpoint_id))
    assert await driver.status(licensing.RemoveWebhookEndpoint(endpoint_id=made.endpoint_id)) == 404


async def _both(there: Receiver, secret: str) -> list[str] | None:
    genuine = [asked.body.decode() for asked in there.by("/fine") if is_genuine(asked, secret)]
    return genuine if len(genuine) == 2 else None


async def test_a_try_in_vain_waits_and_is_told_again_under_its_id(driver: Driver, listening: Receiver) -> None:
    made = await added(driver, listening, "/forgetful")
    listening.secret = made.secret
    await driver.buy(await driver.person())

    async def tried() -> bool:
        return (await endpoint(driver, made.endpoint_id)).failures == 1

    await eventually(tried)
    (waiting,) = await deliveries(driver, made.endpoint_id, "due")
    assert (waiting.attempts, waiting.fault) == (1, "broken answer")
    due = await driver.rows.fetchval(
        "SELECT next_try_at - now() FROM webhook_delivery WHERE delivery_id = $1", waiting.delivery_id
    )
    assert timedelta(seconds=20) < due < timedelta(seconds=90)
    await driver.rows.execute(NOW, made.endpoint_id)
    await first(driver, made.endpoint_id, "delivered")
    assert {asked.webhook_id for asked in listening.by("/forgetful")} == {str(waiting.event_id)}
    assert (await endpoint(driver, made.endpoint_id)).fault == ""


async def test_who_is_gone_is_told_nothing_until_staff_say_so(driver: Driver, listening: Receiver) -> None:
    made = await added(driver, listening, "/gone")
    await driver.buy(await driver.person())
    gone = await first(driver, made.endpoint_id, "failed")
    assert (await endpoint(driver, made.endpoint_id)).enabled is False
    await driver.buy(await driver.person())
    (waiting,) = await deliveries(driver, made.endpoint_id, "due")
    assert waiting.attempts == 0
    await driver.ask(licensing.EnableWebhookEndpoint(endpoint_id=made.endpoint_id))

    async def both_failed() -> bool:
        return len(await deliveries(driver, made.endpoint_id, "failed")) == 2

    await eventually(both_failed)
    await driver.ask(licensing.ReplayWebhookDelivery(delivery_id=gone.delivery_id))
    assert [each.delivery_id for each in await deliveries(driver, made.endpoint_id, "due")] == [gone.delivery_id]
    assert await driver.status(licensing.ReplayWebhookDelivery(delivery_id=uuid4())) == 404


async def test_after_many_tries_in_vain_a_system_is_given_up(driver: Driver, listening: Receiver) -> None:
    made = await added(driver, listening, "/error")
    await driver.rows.execute(
        "UPDATE webhook_endpoint SET failures = $2 WHERE endpoint_id = $1", made.endpoint_id, DISABLED_AFTER - 1
    )
    await driver.buy(await driver.person())

    async def given_up() -> bool:
        return not (await endpoint(driver, made.endpoint_id)).enabled

    await eventually(given_up)
    (waiting,) = await deliveries(driver, made.endpoint_id)
    assert (waiting.state, waiting.fault) == ("due", "500")
    last = "UPDATE webhook_delivery SET attempts = $2, next_try_at = now() WHERE endpoint_id = $1"
    await driver.rows.execute(last, made.endpoint_id, LAST_TRY - 1)
    await driver.ask(licensing.EnableWebhookEndpoint(endpoint_id=made.endpoint_id))
    assert (await first(driver, made.endpoint_id, "failed")).attempts == LAST_TRY


@pytest.mark.parametrize(
    ("url", "types"),
    [
        ("https://shop.example/hooks", ("licensing.nothing.v1",)),
        ("https://user:secret@shop.example/hooks", (ISSUED,)),
        ("ftp://shop.example/hooks", (ISSUED,)),
    ],
)
async def test_what_no_system_can_be_told_is_refused(driver: Driver, url: str, types: tuple[str, ...]) -> None:
    assert await driver.status(licensing.AddWebhookEndpoint(url=url, types=types)) == 422
