"""Money that was told of and can't be booked: acknowledged, not booked, and a case for staff."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.licensing.jobs import due_dates
from services.licensing.payments.sandbox import signed_webhook
from shared.contracts import licensing
from shared.contracts.licensing import PaymentWebhook, StaffCase
from tests.integration.licensing.driver import Driver, all_of


def told(driver: Driver, reference: str, event: str = "payment.confirmed", **data: Any) -> PaymentWebhook:
    """What the provider signs; 490.77 PLN for a license of a year."""
    whole = {"reference": reference, "amount": 49077, "currency": "PLN"} | data
    signed = signed_webhook({"type": event, "data": whole}, driver.resources.settings.webhook_secret)
    return PaymentWebhook(**signed.model_dump())


async def cases_of(driver: Driver, reference: str) -> list[StaffCase]:
    listed: licensing.StaffCases = await driver.ask(licensing.ListStaffCases(limit=1000))
    return [case for case in listed.cases if case.reference == reference]


async def started(driver: Driver) -> tuple[UUID, str]:
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    return person, payment.reference


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("wrong amount", {"amount": 49076}),
    ("wrong amount", {"amount": 49078}),
    ("wrong amount", {"amount": 0}),
    ("wrong amount", {"amount": -49077}),
    ("wrong amount", {"amount": 2**62}),
    ("wrong currency", {"currency": "EUR"}),
    ("wrong currency", {"currency": "EUR", "amount": 11000}),
]


@pytest.mark.parametrize(("kind", "data"), WRONG)
async def test_a_payment_of_other_money_is_a_case(driver: Driver, kind: str, data: dict[str, Any]) -> None:
    person, reference = await started(driver)
    webhook = told(driver, reference, **data)
    assert [await driver.status(webhook) for _ in range(3)] == [200, 200, 200]
    (case,) = await cases_of(driver, reference)
    assert (case.kind, case.expected, case.resolved_at) == (kind, 49077, None)
    assert (case.received, case.currency) == (data.get("amount", 49077), data.get("currency", "PLN"))
    assert await driver.count("payment", person, "state = 'started'") == 1
    assert await driver.count("purchase", person, "state = 'open'") == 1
    assert await driver.status(told(driver, reference)) == 200  # the right money counts all the same
    assert await driver.count("license", person) == 1


@pytest.mark.parametrize(("kind", "data"), [each for each in WRONG if each[1] != {"amount": 49076}])
async def test_a_refund_of_other_money_is_a_case(driver: Driver, kind: str, data: dict[str, Any]) -> None:
    person, reference = await started(driver)
    await driver.ask(told(driver, reference))
    refund = told(driver, reference, "refund.made", refund=f"ref_{uuid4().hex}", **data)
    assert [await driver.status(refund) for _ in range(2)] == [200, 200]
    (case,) = await cases_of(driver, reference)
    assert (case.kind, case.expected) == (kind, 49077)
    assert await driver.count("refund", person) == 0
    assert await driver.count("purchase", person, "refunded = 0 AND state = 'paid'") == 1


async def test_more_than_what_is_left_is_a_case(driver: Driver) -> None:
    person, reference = await started(driver)
    await driver.ask(told(driver, reference))
    await driver.ask(told(driver, reference, "refund.made", refund=f"ref_{uuid4().hex}", amount=9077))
    assert await driver.status(told(driver, reference, "refund.made", refund=f"ref_{uuid4().hex}")) == 200
    (case,) = await cases_of(driver, reference)
    assert (case.kind, case.expected, case.received) == ("wrong amount", 40000, 49077)
    assert await driver.count("purchase", person, "refunded = 9077") == 1


@pytest.mark.parametrize("amount", [49077, 100])
async def test_the_refund_id_of_another_payment_is_a_case(driver: Driver, amount: int) -> None:
    (first, one), (second, other) = [await started(driver) for _ in range(2)]
    for reference in (one, other):
        await driver.ask(told(driver, reference))
    refund = f"ref_{uuid4().hex}"
    made = told(driver, one, "refund.made", refund=refund, amount=100)
    assert [await driver.status(made) for _ in range(2)] == [200, 200]
    again = told(driver, one, "refund.made", refund=refund, amount=100)  # the same refund under another event id
    assert await driver.status(again) == 200
    assert await cases_of(driver, one) == []
    assert await driver.status(told(driver, other, "refund.made", refund=refund, amount=amount)) == 200
    (case,) = await cases_of(driver, other)
    assert (case.kind, case.expected, case.received) == ("refund of another payment", 100, amount)
    assert [await driver.count("refund", person) for person in (first, second)] == [1, 0]


async def test_a_known_refund_of_another_amount_is_a_case(driver: Driver) -> None:
    person, reference = await started(driver)
    await driver.ask(told(driver, reference))
    for amount in (100, 200):
        assert await driver.status(told(driver, reference, "refund.made", refund="ref_twice", amount=amount)) == 200
    (case,) = await cases_of(driver, reference)
    assert (case.kind, case.expected, case.received) == ("refund of another payment", 100, 200)
    assert await driver.count("purchase", person, "refunded = 100") == 1


@pytest.mark.parametrize("event", ["payment.confirmed", "payment.failed", "refund.made", "refund.failed"])
async def test_a_reference_that_nobody_knows_is_a_case(driver: Driver, event: str) -> None:
    reference = f"pay_{uuid4().hex}"
    webhook = told(driver, reference, event, refund="ref_1")
    assert {str(answer) for answer in await all_of(*(driver.status(webhook) for _ in range(5)))} == {"200"}
    (case,) = await cases_of(driver, reference)
    assert (case.kind, case.expected, case.received) == ("unknown reference", None, 49077)


@pytest.mark.parametrize("event", ["payment.confirmed", "refund.made"])
@pytest.mark.parametrize(("kind", "data"), [each for each in WRONG if each[1].get("amount", 0) < 1])
async def test_other_money_for_a_void_payment_is_a_case(
    driver: Driver, event: str, kind: str, data: dict[str, Any]
) -> None:
    """No amount is ever sent back that can be none."""
    person = await driver.person()
    order_id = await driver.order(person)
    reference = (await driver.start(person, order_id)).reference
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=order_id))
    assert await driver.status(told(driver, reference, event, refund=f"ref_{uuid4().hex}", **data)) == 200
    (case,) = await cases_of(driver, reference)
    assert case.kind == kind
    void = "SELECT confirmed_at IS NULL AND sent_back_at IS NULL FROM void_payment WHERE reference = $1"
    assert await driver.rows.fetchval(void, reference)


async def test_a_refund_of_other_money_after_the_erasure_is_a_case(driver: Driver) -> None:
    person, reference = await started(driver)
    await driver.ask(told(driver, reference))
    await driver.erase(person, terminate=True)
    assert await driver.status(told(driver, reference, "refund.made", refund="ref_late", currency="USD")) == 200
    assert [case.kind for case in await cases_of(driver, reference)] == ["wrong currency"]
    assert await driver.live_rows(person) == 0


async def test_a_transfer_after_the_erasure_is_a_case(driver: Driver) -> None:
    person = await driver.person(kind="company")
    order_id = await driver.order(person, pay_by="transfer")
    await driver.erase(person, terminate=True)
    assert [await driver.status(licensing.RecordTransfer(order_id=order_id)) for _ in range(2)] == [200, 200]
    (case,) = await cases_of(driver, str(order_id))
    assert (case.kind, case.expected, case.received) == ("transfer after erasure", None, 49077)


async def test_staff_resolve_a_case_and_it_goes_after_90_days(driver: Driver) -> None:
    references = [f"pay_{uuid4().hex}" for _ in range(3)]
    for reference in references:
        await driver.ask(told(driver, reference))
    cases = [(await cases_of(driver, reference))[0].case_id for reference in references]
    for case_id in cases[:2]:
        resolve = licensing.ResolveStaffCase(case_id=case_id)
        assert [await driver.status(resolve) for _ in range(2)] == [200, 200]
    assert await driver.status(licensing.ResolveStaffCase(case_id=uuid4())) == 404
    assert [len(await cases_of(driver, reference)) for reference in references] == [0, 0, 1]
    age = "UPDATE staff_case SET opened_at = opened_at - $2::interval, resolved_at = resolved_at - $2::interval"
    for case_id, days in zip(cases, (89, 91, 400), strict=True):
        await driver.rows.execute(f"{age} WHERE case_id = $1", case_id, timedelta(days=days))
    await due_dates.step(driver.resources.database)
    left = await driver.rows.fetch("SELECT case_id FROM staff_case WHERE case_id = ANY ($1)", cases)
    assert {row["case_id"] for row in left} == {cases[0], cases[2]}
