"""Disputes of payments: the license rests meanwhile, and the money goes back once, in whatever order it is told."""

from typing import Any
from uuid import UUID

import pytest

from shared.contracts import licensing
from shared.contracts.licensing import PaymentWebhook
from tests.harness import eventually
from tests.integration.licensing.driver import Driver
from tests.integration.licensing.test_staff_cases import cases_of, told

MAILS = "SELECT array_agg(template ORDER BY template) FROM service_mail WHERE subject_id = $1 AND template LIKE $2"
LATE = "SELECT refund_id, came_back_at IS NOT NULL AS is_here FROM refund WHERE subject_id = $1"


def disputed(driver: Driver, payment: licensing.Payment, step: str, **data: Any) -> PaymentWebhook:
    due = {"due_at": "2026-12-24T12:00:00Z"} if step == "opened" else {}
    named = {"dispute": f"dp_{payment.reference[4:]}", "reason": "fraudulent", "amount": payment.amount}
    return told(driver, payment.reference, f"dispute.{step}", **(named | due | data))


async def code(driver: Driver, key: str) -> str:
    return str((await driver.ask(licensing.ValidateLicense(key=key))).code)


async def license_of(driver: Driver, person: UUID) -> licensing.License:
    held: licensing.Licenses = await driver.ask(licensing.ListLicenses(subject_id=person))
    return held.licenses[0]


async def letters(driver: Driver, person: UUID, *templates: str) -> None:
    """Wait until a person was sent these letters about disputes, and no others."""
    await eventually(lambda: _are(driver, person, list(templates)))


async def _are(driver: Driver, person: UUID, templates: list[str]) -> bool:
    return bool(await driver.accounts.fetchval(MAILS, person, "dispute-%") == templates)


async def test_a_dispute_suspends_until_it_is_won(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    key = await driver.key(person)
    opened = disputed(driver, payment, "opened")
    again = disputed(driver, payment, "opened")  # under another event id
    assert [await driver.status(webhook) for webhook in (opened, opened, again)] == [200, 200, 200]
    assert await code(driver, key) == "SUSPENDED"
    (case,) = await cases_of(driver, payment.reference)
    assert (case.topic, case.received, str(case.due_at)) == ("dispute opened", 49077, "2026-12-24 12:00:00+00:00")
    await letters(driver, person, "dispute-opened")
    held = await license_of(driver, person)
    await driver.ask(licensing.SuspendLicense(license_id=held.license_id))
    for _ in range(2):
        assert await driver.status(disputed(driver, payment, "won")) == 200
    assert await code(driver, key) == "SUSPENDED", "staff have suspended it, too"
    await driver.ask(licensing.SuspendLicense(license_id=held.license_id, suspended=False))
    assert await code(driver, key) == "VALID"
    assert await cases_of(driver, payment.reference) == []
    await letters(driver, person, "dispute-opened", "dispute-won")
    late = disputed(driver, payment, "opened")
    assert await driver.status(late) == 200
    assert await code(driver, key) == "VALID", "it was won already"
    assert await driver.status(disputed(driver, payment, "lost")) == 200
    (case,) = await cases_of(driver, payment.reference)
    assert case.topic == "dispute lost after it was won"
    assert await driver.count("refund", person) == 0
    assert await driver.count("dispute", person, "state = 'won' AND retain_until IS NOT NULL") == 1


@pytest.mark.parametrize("steps", [("opened", "lost"), ("lost", "opened"), ("opened", "opened", "lost", "lost")])
async def test_a_lost_dispute_is_a_refund_that_nobody_sends(driver: Driver, steps: tuple[str, ...]) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    key = await driver.key(person)
    for step in steps:
        assert await driver.status(disputed(driver, payment, step)) == 200
    assert await code(driver, key) == "ENDED"
    order = (await driver.ask(licensing.ListOrders(subject_id=person))).orders[0]
    assert (order.state, order.refunded) == ("refunded", order.gross)
    invoices = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert sorted(invoice.gross for invoice in invoices) == [-49077, 49077]
    assert await driver.count("refund", person) == 1
    sent = "SELECT count(*) FROM void_payment WHERE reference = $1"
    assert await driver.rows.fetchval(sent, payment.reference) == 0, "the bank has the money already"
    assert await cases_of(driver, payment.reference) == []
    await letters(driver, person, *(["dispute-lost", "dispute-opened"] if steps[0] == "opened" else ["dispute-lost"]))
    assert await driver.status(disputed(driver, payment, "won")) == 200
    (case,) = await cases_of(driver, payment.reference)
    assert case.topic == "dispute won after it was lost"
    late = await driver.rows.fetchrow(LATE, person)
    assert late["is_here"], "the money came back"
    await driver.ask(licensing.UndoRefund(refund_id=late["refund_id"]))
    assert await code(driver, key) == "VALID"


async def test_what_can_not_be_a_dispute_of_a_sale_changes_nothing(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    early = disputed(driver, payment, "opened")
    assert await driver.status(early) == 409, "it comes before the payment was confirmed: it is sent again"
    await driver.ask(told(driver, payment.reference))
    await driver.ask(disputed(driver, payment, "opened", amount=49078))
    await driver.ask(disputed(driver, payment, "lost", currency="EUR"))
    assert [case.topic for case in await cases_of(driver, payment.reference)] == ["dispute of other money"] * 2
    await driver.ask(await driver.played(payment.reference, "refund.made"))
    for step in ("opened", "lost"):
        assert await driver.status(disputed(driver, payment, step)) == 200
    topics = [case.topic for case in await cases_of(driver, payment.reference)]
    assert topics[2:] == ["dispute of a refunded payment"] * 2
    assert await driver.count("refund", person) == 1
    assert await driver.counts(person) == await driver.counts(person) | {"refund": 1, "invoice": 2}
    assert "dispute" not in await driver.counts(person)
    unknown = told(driver, "pay_unknown_dispute", "dispute.opened", dispute="dp_unknown")
    assert [await driver.status(unknown) for _ in range(2)] == [200, 200]
    (case,) = await cases_of(driver, "pay_unknown_dispute")
    assert (case.kind, case.topic) == ("unknown reference", "dispute.opened")


async def test_a_part_that_is_lost_ends_nothing(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person, quantity=2)
    key = await driver.key(person)
    half = payment.amount // 2
    await driver.ask(await driver.played(payment.reference, "dispute.opened", half))
    assert await code(driver, key) == "SUSPENDED"
    await driver.ask(await driver.played(payment.reference, "dispute.lost", half))
    assert await code(driver, key) == "VALID"
    assert (await license_of(driver, person)).device_limit == 3, "the price of one of two seats is gone"
    assert await driver.count("purchase", person, "state = 'paid' AND refunded > 0") == 1


@pytest.mark.parametrize("outcome", ["won", "lost"])
async def test_a_dispute_goes_on_after_an_erasure(driver: Driver, outcome: str) -> None:
    """The record is kept by law; the running contract that its person did not end rests, and then works or ends."""
    person = await driver.person()
    payment = await driver.buy(person)
    key = await driver.key(person)
    await driver.ask(disputed(driver, payment, "opened"))
    await driver.erase(person, terminate=False)
    assert await driver.live_rows(person) == 0
    assert await code(driver, key) == "SUSPENDED"
    assert await driver.count("suspension", person, "review_at IS NOT NULL") == 1
    assert await driver.status(disputed(driver, payment, outcome)) == 200
    assert await code(driver, key) == ("VALID" if outcome == "won" else "NOT_FOUND")
    assert await driver.count("refund", person, "NOT live") == (0 if outcome == "won" else 1)
    assert await driver.count("dispute", person, f"NOT live AND state = '{outcome}' AND retain_until IS NOT NULL") == 1
    assert await driver.count("suspension", person) == 0


async def test_a_dispute_is_told_of_an_erased_person_first(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    key = await driver.key(person)
    await driver.erase(person, terminate=False)
    await driver.ask(disputed(driver, payment, "opened"))
    assert await code(driver, key) == "SUSPENDED"
    assert await driver.live_rows(person) == 0
    await driver.ask(disputed(driver, payment, "won"))
    assert await code(driver, key) == "VALID"
