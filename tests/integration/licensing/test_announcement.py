"""A payment is announced to the provider once it is committed, and again when the request is repeated."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy.local.servers import Servers
from services.licensing.app import SERVICE, wire
from services.licensing.payments.provider import Payer
from shared.contracts import licensing
from shared.problems import unavailable
from shared.service import Resources, Service
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver

STORED = "SELECT count(*) FROM payment WHERE reference = $1 AND state = 'started'"


@dataclass
class Announcements:
    """What a provider hears; it can be away. `stored` tells which payments were committed when it heard of them."""

    rows: asyncpg.Connection | None = None
    away: bool = False
    heard: list[tuple[str, int, Payer]] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)

    async def announce(self, reference: str, amount: int, payer: Payer) -> str:
        assert self.rows is not None
        self.stored.append(await self.rows.fetchval(STORED, reference))
        if self.away:
            raise unavailable("the provider")
        self.heard.append((reference, amount, payer))
        return "http://127.0.0.1/pay"

    def service(self) -> Service:
        """Licensing with a provider that hears announcements."""

        def wired(resources: Resources) -> dict[str, Any]:
            provided = wire(resources)
            return provided | {"provider": replace(provided["provider"], announce=self.announce)}

        return replace(SERVICE, wire=wired)


@pytest.fixture(scope="module")
def provider() -> Announcements:
    return Announcements()


@pytest.fixture(scope="module")
async def driver(servers: Servers, provider: Announcements) -> AsyncIterator[Driver]:
    async with drivers.opened(servers, provider.service()) as opened:
        provider.rows = opened.rows
        yield opened


@pytest.fixture(autouse=True)
def quiet(provider: Announcements) -> None:
    provider.away = False
    provider.heard.clear()
    provider.stored.clear()


def start_of(person: UUID, order_id: UUID) -> licensing.StartPayment:
    return licensing.StartPayment(subject_id=person, order_id=order_id)


async def test_a_payment_is_announced_when_it_is_committed(driver: Driver, provider: Announcements) -> None:
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    assert provider.heard == [(payment.reference, payment.amount, Payer("Anna Nowak", f"{person.hex}@example.com"))]
    assert provider.stored == [1]


async def test_a_payment_that_is_refused_is_not_announced(driver: Driver, provider: Announcements) -> None:
    person, stranger = await driver.person(), await driver.person()
    order_id = await driver.order(person)
    assert await driver.status(start_of(stranger, order_id)) == 404
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=order_id))
    assert await driver.status(start_of(person, order_id)) == 409
    assert provider.heard == []


async def test_a_lost_announcement_is_repeated_with_the_request(driver: Driver, provider: Announcements) -> None:
    person = await driver.person()
    request = start_of(person, await driver.order(person))
    once = {"idempotency_key": "lost", "principal": str(person)}
    provider.away = True
    assert await driver.status(request, **once) == 503
    assert await driver.count("payment", person, "state = 'started'") == 1
    provider.away = False
    started = await driver.ask(request, **once)
    payment = await driver.ask(licensing.ReadPayment(subject_id=person, payment_id=started.id))
    assert [reference for reference, _, _ in provider.heard] == [payment.reference]
    assert await driver.count("payment", person) == 1


async def test_nobody_makes_the_provider_hear_of_anothers_payment(driver: Driver, provider: Announcements) -> None:
    person, stranger = await driver.person(), await driver.person()
    order_id = await driver.order(person)
    await driver.start(person, order_id)
    provider.heard.clear()
    assert await driver.status(start_of(stranger, order_id)) == 404
    assert provider.heard == []
