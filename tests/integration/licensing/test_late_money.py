"""Money that comes late, twice, or by another way than the order said."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import REGISTRY

from deploy.local.servers import Servers
from services.licensing.app import SERVICE, wire
from services.licensing.jobs import due_dates, returned_payments
from services.licensing.payments.provider import Provider
from services.licensing.payments.sandbox import signed_webhook
from shared.clock import today
from shared.contracts import licensing
from shared.contracts.licensing import PaymentWebhook
from shared.problems import unavailable
from shared.service import Resources, Service
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver

UNKNOWN = "lethe_payment_webhooks_unknown_total"
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
# What a try has put off, for minutes; while it is under way it is leased, for longer, and its own end is to come.
TRIED = """
SELECT count(*) = $3 FROM void_payment WHERE reference = ANY ($1) AND attempts = $2 AND sent_back_at IS NULL
  AND confirmed_at IS NOT NULL AND next_try_at BETWEEN now() AND now() + interval '5 minutes'
"""
RETURNED = "SELECT bool_and(sent_back_at IS NOT NULL) FROM void_payment WHERE reference = ANY ($1)"
MAILS = "SELECT count(*) FROM service_mail WHERE subject_id = $1 AND template = $2"


@dataclass
class Till:
    """A provider that refuses to return some references."""

    refused: set[str] = field(default_factory=set)
    returned: list[str] = field(default_factory=list)
    provider: Provider | None = None

    async def send_back(self, reference: str, _amount: int, _name: str) -> None:
        if reference in self.refused:
            raise unavailable("the provider")
        self.returned.append(reference)

    def service(self) -> Service:
        """Licensing with this provider."""

        def wired(resources: Resources) -> dict[str, Any]:
            provided = wire(resources)
            self.provider = replace(provided["provider"], send_back=self.send_back)
            return provided | {"provider": self.provider}

        return replace(SERVICE, wire=wired)


@pytest.fixture(scope="module")
def till() -> Till:
    return Till()


@pytest.fixture(scope="module")
async def driver(servers: Servers, till: Till) -> AsyncIterator[Driver]:
    async with drivers.opened(servers, till.service()) as opened:
        yield opened


async def failed(driver: Driver, person: UUID, order_id: UUID) -> licensing.Payment:
    """A payment that the provider called failed."""
    payment = await driver.start(person, order_id)
    await driver.ask(await driver.played(payment.reference, "payment.failed"))
    return payment


@pytest.mark.parametrize("failures", [1, 2, 3])
async def test_a_payment_that_failed_first_counts_when_it_succeeds_late(
    driver: Driver, till: Till, failures: int
) -> None:
    person = await driver.person()
    order_id = await driver.order(person)
    late, *_others = [await failed(driver, person, order_id) for _ in range(failures)]
    under_way = await driver.start(person, order_id)
    paid_twice = await driver.played(under_way.reference, "payment.confirmed")
    for webhook in [await driver.played(late.reference, "payment.confirmed") for _ in range(2)]:
        assert await driver.status(webhook) == 200
    assert (await driver.ask(licensing.ListOrders(subject_id=person))).orders[0].state == "paid"
    assert await driver.count("payment", person, "state = 'void'") == failures  # what was begun, and the other failed
    assert await driver.status(paid_twice) == 200
    await eventually(lambda: under_way.reference in till.returned)
    assert late.reference not in till.returned
    counts = await driver.counts(person)
    assert (counts["invoice"], counts["license"]) == (1, 1)


async def test_a_failure_that_is_told_after_the_success_changes_nothing(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    late = await driver.played(payment.reference, "payment.failed")
    await driver.ask(await driver.played(payment.reference, "payment.confirmed"))
    assert await driver.status(late) == 200
    assert await driver.count("payment", person, "state = 'confirmed'") == 1


@pytest.mark.parametrize("event", ["payment.confirmed", "refund.made"])
async def test_a_webhook_takes_its_locks_in_the_order_of_a_cancellation(driver: Driver, event: str) -> None:
    """While it waits for the order it holds no payment: otherwise a cancellation and it wait for each other."""
    person = await driver.person()
    order_id = await driver.order(person)
    payment = await driver.start(person, order_id)
    if event == "refund.made":
        await driver.ask(await driver.played(payment.reference, "payment.confirmed"))
    webhook = await driver.played(payment.reference, event)
    async with driver.harness.superuser("licensing") as cancelling, cancelling.transaction():
        await cancelling.execute("SELECT FROM purchase WHERE order_id = $1 FOR UPDATE", order_id)
        answer = asyncio.create_task(driver.status(webhook))
        await eventually(lambda: driver.rows.fetchval(WAITING))
        try:
            await cancelling.execute("SELECT FROM payment WHERE reference = $1 FOR UPDATE NOWAIT", payment.reference)
            is_free = True
        except asyncpg.LockNotAvailableError:
            is_free = False
        assert is_free
    assert await answer == 200


async def test_a_transfer_is_recorded_for_an_invoiced_order_alone(driver: Driver) -> None:
    person = await driver.person(kind="company")
    by_card = await driver.order(person)
    cancelled = await driver.order(person)
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=cancelled))
    assert await driver.status(licensing.RecordTransfer(order_id=by_card)) == 409
    assert await driver.status(licensing.RecordTransfer(order_id=cancelled)) == 409
    assert await driver.counts(person) == {
        "purchase": 2,
        "purchase_buyer": 1,
        "purchase_origin": 2,
        "purchase_terms": 2,
    }
    assert await driver.count("purchase", person, "paid_at IS NOT NULL") == 0
    await driver.buy(person)
    assert await driver.count("purchase", person, "state = 'paid'") == 1
    invoiced = await driver.order(person, pay_by="transfer")
    assert [await driver.status(licensing.RecordTransfer(order_id=invoiced)) for _ in range(2)] == [200, 200]


async def test_a_payment_that_the_provider_keeps_does_not_hold_up_the_others(driver: Driver, till: Till) -> None:
    references = [await paid_in_vain(driver, till) for _ in range(3)]
    await eventually(lambda: driver.rows.fetchval(TRIED, references, 1, 3))
    till.refused = {references[0]}
    await driver.rows.execute(
        "UPDATE void_payment SET next_try_at = now() - make_interval(secs => 9 - array_position($1, reference))"
        " WHERE reference = ANY ($1)",
        references,
    )
    assert till.provider is not None
    await returned_payments.send_back(driver.resources.database, till.provider)
    await eventually(lambda: set(references[1:]) <= set(till.returned))
    await eventually(lambda: driver.rows.fetchval(TRIED, references[:1], 2, 1))
    await returned_payments.send_back(driver.resources.database, till.provider)  # it is not its turn yet
    till.refused.clear()
    await driver.rows.execute("UPDATE void_payment SET next_try_at = now() WHERE reference = $1", references[0])
    await returned_payments.send_back(driver.resources.database, till.provider)
    await eventually(lambda: driver.rows.fetchval(RETURNED, references))
    assert [till.returned.count(reference) for reference in references] == [1, 1, 1]


async def paid_in_vain(driver: Driver, till: Till) -> str:
    """The reference of a payment for a cancelled order, which the provider does not take back."""
    person = await driver.person()
    order_id = await driver.order(person)
    payment = await driver.start(person, order_id)
    till.refused.add(payment.reference)
    webhook = await driver.played(payment.reference, "payment.confirmed")
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=order_id))
    await driver.ask(webhook)
    return payment.reference


@pytest.mark.parametrize(("overdue_days", "reminders"), [(1, 0), (2, 1), (8, 2), (30, 4), (400, 4)])
async def test_after_an_outage_a_debtor_is_reminded_once(driver: Driver, overdue_days: int, reminders: int) -> None:
    debtor = await driver.person(kind="company")
    await driver.order(debtor, pay_by="transfer")
    due_on = today() - timedelta(days=overdue_days)
    await driver.rows.execute("UPDATE invoice SET due_on = $2 WHERE subject_id = $1", debtor, due_on)
    for _ in range(5):
        await due_dates.step(driver.resources.database)
    assert await driver.rows.fetchval("SELECT reminders FROM invoice WHERE subject_id = $1", debtor) == reminders
    if reminders:
        await eventually(lambda: driver.accounts.fetchval(MAILS, debtor, "payment-due"))
    assert await driver.accounts.fetchval(MAILS, debtor, "payment-due") == min(reminders, 1)


async def test_an_order_that_nobody_paid_ends_with_its_price(driver: Driver, till: Till) -> None:
    old, young = await driver.person(), await driver.person()
    orders = {person: await driver.order(person) for person in (old, young)}
    payment = await driver.start(old, orders[old])
    late = await driver.played(payment.reference, "payment.confirmed")
    age = "UPDATE purchase SET placed_at = placed_at - make_interval(days => $2) WHERE subject_id = $1"
    await driver.rows.execute(age, old, 8)
    await driver.rows.execute(age, young, 6)
    await due_dates.step(driver.resources.database)
    assert await driver.count("purchase", old, "state = 'cancelled'") == 1
    assert await driver.count("purchase", young, "state = 'open'") == 1
    assert await driver.count("payment", old, "state = 'void'") == 1
    assert await driver.status(licensing.StartPayment(subject_id=old, order_id=orders[old])) == 409
    assert await driver.status(late) == 200
    await eventually(lambda: payment.reference in till.returned)
    assert "license" not in await driver.counts(old)


async def test_an_invoiced_or_paid_order_does_not_expire(driver: Driver) -> None:
    company = await driver.person(kind="company")
    await driver.order(company, pay_by="transfer")
    await driver.buy(company)
    await driver.rows.execute("UPDATE purchase SET placed_at = placed_at - interval '1 year'")
    await due_dates.step(driver.resources.database)
    assert await driver.count("purchase", company, "state IN ('invoiced', 'paid')") == 2


@pytest.mark.parametrize("kind", ["payment.expired", "x"])
async def test_a_webhook_of_an_unknown_type_is_taken_and_counted(driver: Driver, kind: str) -> None:
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    before, secret = REGISTRY.get_sample_value(UNKNOWN) or 0, driver.resources.settings.webhook_secret
    event = {"type": kind, "data": {"reference": payment.reference, "more": ["of", "it"]}}
    assert await driver.status(PaymentWebhook(**signed_webhook(event, secret).model_dump())) == 200
    assert REGISTRY.get_sample_value(UNKNOWN) == before + 1
    assert await driver.count("payment", person, "state = 'started'") == 1


@pytest.mark.parametrize("size", [21_000, 100_000, 250_000])
async def test_a_large_webhook_is_read(driver: Driver, size: int) -> None:
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    data = {"reference": payment.reference, "amount": payment.amount, "currency": "PLN", "receipt": "x" * size}
    signed = signed_webhook({"type": "payment.confirmed", "data": data}, driver.resources.settings.webhook_secret)
    assert await driver.status(PaymentWebhook(**signed.model_dump())) == 200
    assert await driver.count("payment", person, "state = 'confirmed'") == 1


async def test_without_a_provider_nobody_pays_by_card(servers: Servers) -> None:
    async with drivers.opened(servers, settings={"payment_adapter": "none"}) as shop:
        person = await shop.person(kind="company")
        order_id = await shop.order(person)
        assert await shop.status(licensing.StartPayment(subject_id=person, order_id=order_id)) == 409
        assert await shop.status(licensing.PlaySandbox(reference="pay_1", event="payment.confirmed")) == 404
        assert await shop.status(licensing.ReadSandbox(reference="pay_1")) == 404
        forged = PaymentWebhook(body="{}", webhook_id="1", timestamp="1", signature="v1,")
        assert await shop.status(forged) == 404
        whole = {"purchase": 1, "purchase_buyer": 1, "purchase_origin": 1, "purchase_terms": 1}
        assert await shop.counts(person) == whole
        await shop.order(person, pay_by="transfer")
        assert await shop.count("invoice", person) == 1
