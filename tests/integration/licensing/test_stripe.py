"""Stripe behind the port, against a stand-in that answers as its API is documented to."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from services.licensing.app import wire
from services.licensing.jobs import returned_payments, unheard_payments
from services.licensing.payments.provider import Payer, Provider
from services.licensing.payments.stripe_checkout import StripeAccount, opened
from shared.contracts import licensing
from shared.problems import Unavailable
from tests import stripe
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver
from tests.integration.licensing.test_staff_cases import cases_of
from tests.stripe import StandIn, stand_in, webhook

PAYER = Payer("Anna Nowak", "anna@example.com")
OLD_VOID = "UPDATE void_payment SET voided_at = now() - interval '61 minutes' WHERE reference = $1"
OLD = "UPDATE payment SET started_at = now() - interval '61 minutes', next_inquiry_at = NULL WHERE reference = $1"


@pytest.fixture(scope="module")
async def there() -> AsyncIterator[StandIn]:
    async with stand_in() as standing_in:
        yield standing_in


@pytest.fixture(autouse=True)
def good(there: StandIn) -> None:
    there.moods.clear()
    there.calls.clear()


@pytest.fixture(scope="module")
async def driver(servers: Servers, there: StandIn) -> AsyncIterator[Driver]:
    wired = {
        "payment_adapter": "stripe",
        "stripe_key": stripe.KEY,
        "stripe_webhook_secret": stripe.SECRET,
        "stripe_url": there.url,
    }
    async with drivers.opened(servers, settings=wired) as driver:
        yield driver


@pytest.fixture
async def provider(there: StandIn) -> AsyncIterator[Provider]:
    """The adapter alone, which has little patience."""
    account = StripeAccount(
        "Stripe", stripe.KEY, stripe.SECRET, there.url, "http://127.0.0.1", timeout_s=0.2, retries=1
    )
    async with contextlib.aclosing(opened(account)) as adapter:
        yield adapter.provider()


@pytest.fixture(scope="module")
async def wired(driver: Driver) -> AsyncIterator[dict[str, Any]]:
    """What licensing has, for its jobs to be run at a moment of our own."""
    parts = wire(driver.resources)
    async with contextlib.aclosing(parts["stripe"]):
        yield parts


async def begun(driver: Driver, **changed: Any) -> tuple[UUID, licensing.Payment]:
    person = await driver.person()
    return person, await driver.start(person, await driver.order(person, **changed))


async def bought(driver: Driver, there: StandIn) -> tuple[UUID, licensing.Payment, str]:
    """A person, a payment that was made, and its PaymentIntent."""
    person, payment = await begun(driver)
    session = there.pay(payment.reference)
    await driver.ask(webhook("checkout.session.completed", session))
    return person, payment, session["payment_intent"]


async def test_a_sale_from_the_page_to_the_license(driver: Driver, there: StandIn) -> None:
    person, payment = await begun(driver)
    again = await driver.start(person, payment.order_id)
    assert again.pay_url == payment.pay_url
    session = there.session_of(payment.reference)
    assert (session["url"], session["amount_total"], session["currency"]) == (payment.pay_url, 49077, "pln")
    told = " ".join(value for call in there.calls for value in call.params.values())
    assert not {"Anna", "Nowak", person.hex, str(person)} & set(told.split()), (
        "the payer tells Stripe who they are, not we"
    )
    paid = there.pay(payment.reference)
    intent = there.intents[paid["payment_intent"]]
    unpaid = paid | {"payment_status": "unpaid"}
    for said in (
        webhook("checkout.session.completed", unpaid),
        webhook("checkout.session.completed", paid),
        webhook("payment_intent.succeeded", intent),
        webhook("payment_intent.payment_failed", intent | {"status": "requires_payment_method"}),
        webhook("customer.created", {"id": "cus_1", "object": "customer"}),
    ):
        assert await driver.status(said) == 200
    counts = await driver.counts(person)
    assert (counts["license"], counts["invoice"], counts["payment"]) == (1, 1, 1)
    assert await driver.count("payment", person, "state = 'confirmed'") == 1
    assert await cases_of(driver, payment.reference) == []


async def test_a_webhook_counts_by_its_signature_alone(driver: Driver, there: StandIn) -> None:
    person, payment = await begun(driver)
    session = there.pay(payment.reference)
    for forged in (
        webhook("checkout.session.completed", session, secrets=("whsec_other",)),
        webhook("checkout.session.completed", session, age_s=301),
        webhook("checkout.session.completed", session).model_copy(update={"signature": "t=soon,v1="}),
        webhook("checkout.session.completed", session).model_copy(update={"body": "{}"}),
    ):
        assert await driver.status(forged) == 401
    assert await driver.count("payment", person, "state = 'started'") == 1
    assert await driver.status(webhook("checkout.session.completed", {"id": "cs_1"})) == 422
    turning = webhook("checkout.session.completed", session, secrets=("whsec_other", stripe.SECRET), age_s=200)
    assert await driver.status(turning) == 200, "two secrets count while one replaces the other"
    assert await driver.count("payment", person, "state = 'confirmed'") == 1


async def test_refunds_and_disputes_are_found_by_their_payment(driver: Driver, there: StandIn) -> None:
    person, payment, intent = await bought(driver, there)
    part = there.refund(intent, 1000)
    for kind, status in (
        ("refund.created", "pending"),
        ("refund.updated", "succeeded"),
        ("refund.updated", "succeeded"),
    ):
        assert await driver.status(webhook(kind, part | {"status": status})) == 200
    assert await driver.count("purchase", person, "refunded = 1000") == 1
    left = payment.amount - 1000
    inquiry = there.dispute(intent, left, "warning_needs_response")
    assert await driver.status(webhook("charge.dispute.created", inquiry)) == 200
    assert await driver.count("suspension", person) == 0, "a bank asks, and takes nothing yet"
    opened_ = there.dispute(intent, left, "needs_response")
    there.moods[:] = ["busy"]
    assert await driver.status(webhook("charge.dispute.created", opened_)) == 503, "it will be sent again"
    assert await driver.status(webhook("charge.dispute.created", opened_)) == 200
    assert await driver.count("suspension", person) == 1
    (case,) = await cases_of(driver, payment.reference)
    assert str(case.due_at) == "2026-12-24 12:00:00+00:00"
    assert await driver.status(webhook("charge.dispute.closed", opened_ | {"status": "lost"})) == 200
    assert await driver.count("purchase", person, "state = 'refunded' AND refunded = gross") == 1
    of_others = there.refund("pi_of_somebody_else", 5)
    there.intents["pi_of_somebody_else"] = {**there.intents[intent], "id": "pi_of_somebody_else", "metadata": {}}
    assert await driver.status(webhook("refund.created", of_others)) == 200
    assert len(await cases_of(driver, "pi_of_somebody_else")) == 1


async def test_staff_order_refunds_that_are_booked_once(driver: Driver, there: StandIn, wired: dict[str, Any]) -> None:
    """In two parts of one amount: each is asked for under its own name, and told of by Stripe."""
    person, payment, intent = await bought(driver, there)
    asked = licensing.RefundOrder(order_id=payment.order_id, amount=1000, reason="goodwill")
    for key in ("first", "second", "first"):
        await driver.ask(asked, idempotency_key=f"{payment.reference} {key}")
    sent = "SELECT count(*) FROM void_payment WHERE reference = $1 AND sent_back_at IS NOT NULL"
    await returned_payments.send_back(driver.resources.database, wired["provider"])

    async def both() -> bool:
        return bool(await driver.rows.fetchval(sent, payment.reference) == 2)

    await eventually(both)
    made = [each for each in there.refunds.values() if each["payment_intent"] == intent]
    assert [each["amount"] for each in made] == [1000, 1000]
    for refund in (*made, *made):
        assert await driver.status(webhook("refund.created", refund)) == 200
    names = "SELECT array_agg(provider_refund ORDER BY provider_refund) FROM refund WHERE subject_id = $1"
    assert await driver.rows.fetchval(names, person) == sorted(each["id"] for each in made)
    assert await driver.count("refund", person, "reason = 'goodwill'") == 2
    assert await driver.count("purchase", person, "refunded = 2000 AND state = 'paid'") == 1
    assert await cases_of(driver, payment.reference) == []
    await driver.ask(webhook("charge.dispute.created", there.dispute(intent, payment.amount - 2000, "needs_response")))
    assert await driver.status(asked, idempotency_key=uuid4().hex) == 409, "the bank may take the money itself"


async def test_what_no_webhook_told_is_asked_for(driver: Driver, there: StandIn, wired: dict[str, Any]) -> None:
    person, payment = await begun(driver)
    other, abandoned = await begun(driver)
    young, fresh = await begun(driver)
    for reference in (payment.reference, fresh.reference):
        there.pay(reference)
    for reference in (payment.reference, abandoned.reference):
        await driver.rows.execute(OLD, reference)
    there.moods[:] = ["busy"] * 2
    await ask_now(driver, wired)
    assert await driver.count("license", person) == 0, "it did not answer, and is asked later"
    assert await driver.count("payment", person, "inquiries = 1 AND next_inquiry_at > now()") == 1
    await driver.rows.execute(OLD, payment.reference)
    for _ in range(2):
        await ask_now(driver, wired)
    assert await driver.count("license", person) == 1
    assert [await driver.count("license", each) for each in (other, young)] == [0, 0]
    assert await driver.status(webhook("checkout.session.completed", there.session_of(payment.reference))) == 200
    assert await driver.count("invoice", person) == 1


async def test_what_no_webhook_told_of_a_void_payment_goes_back(
    driver: Driver, there: StandIn, wired: dict[str, Any]
) -> None:
    person, payment = await begun(driver)
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=payment.order_id))
    session = there.pay(payment.reference)
    await ask_now(driver, wired)
    received = "SELECT confirmed_at IS NOT NULL FROM void_payment WHERE reference = $1"
    assert not await driver.rows.fetchval(received, payment.reference), "its webhook may still come"
    await driver.rows.execute(OLD_VOID, payment.reference)
    await ask_now(driver, wired)
    assert await driver.rows.fetchval(received, payment.reference)

    async def returned() -> bool:
        return any(each["payment_intent"] == session["payment_intent"] for each in there.refunds.values())

    await eventually(returned)


async def test_a_cancelled_order_that_was_paid_goes_back_once(
    driver: Driver, there: StandIn, wired: dict[str, Any]
) -> None:
    person, payment = await begun(driver)
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=payment.order_id))
    session = there.pay(payment.reference)
    await driver.ask(webhook("checkout.session.completed", session))
    sent = "SELECT sent_back_at IS NOT NULL FROM void_payment WHERE reference = $1"
    await eventually(lambda: driver.rows.fetchval(sent, payment.reference))
    there.remembered.clear()  # a day later
    await wired["provider"].send_back(payment.reference, payment.amount, "")
    made = [each for each in there.refunds.values() if each["payment_intent"] == session["payment_intent"]]
    assert [each["amount"] for each in made] == [payment.amount]
    assert await driver.status(webhook("refund.created", made[0])) == 200
    assert await driver.count("license", person) == 0


@pytest.mark.parametrize("mood", ["declined", "busy", "broken", "silent"])
async def test_a_bad_mood_is_bounded_and_says_nothing_of_the_payer(
    provider: Provider, there: StandIn, mood: str
) -> None:
    reference = f"pay_{uuid4().hex}"
    there.moods[:] = [mood] * 2
    with pytest.raises(Unavailable) as refused:
        await provider.announce(reference, 100, PAYER)
    assert "jan.kowalski" not in f"{refused.value!r} {refused.value.__cause__!r}"
    asked = [call for call in there.calls if call.params.get("client_reference_id") == reference]
    assert len(asked) == (2 if mood in ("broken", "silent") else 1)
    there.moods.clear()
    there.remembered.clear()
    assert (await provider.announce(reference, 100, PAYER)).startswith("https://checkout.stripe.example/")
    assert await provider.status(reference) is None


async def test_the_page_of_yesterday_is_followed_by_another_one(provider: Provider, there: StandIn) -> None:
    reference = f"pay_{uuid4().hex}"
    first = await provider.announce(reference, 100, PAYER)
    assert await provider.announce(reference, 100, PAYER) == first
    for session in there.sessions.values():
        session["expires_at"] = 0
    assert await provider.announce(reference, 100, PAYER) != first
    with pytest.raises(Unavailable):
        await provider.announce(reference, 101, PAYER)  # the same key, another amount: never a second payment


async def ask_now(driver: Driver, wired: dict[str, Any]) -> None:
    """As the job does by itself every five minutes."""
    await unheard_payments.ask(driver.resources.database, wired["provider"], wired["vendor"])
