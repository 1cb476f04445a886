"""Disputes of payments, and what staff do against licenses and people: several causes may suspend a license at once."""

from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from services.identity.service_mail.measure_letters import MEASURE_LETTERS
from services.licensing.measures import REASONS
from shared.contracts import identity, licensing
from shared.contracts.licensing import PaymentWebhook
from tests.askers import STAFF
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver, order_of
from tests.integration.licensing.test_staff_cases import cases_of, told

MAILS = "SELECT array_agg(template ORDER BY template) FROM service_mail WHERE subject_id = $1 AND template = ANY ($2)"
# Nothing that is queued from now on is due before tomorrow.
HELD_UP = "ALTER TABLE void_payment ALTER next_try_at SET DEFAULT now() + interval '1 day'"
GOES_ON = "ALTER TABLE void_payment ALTER next_try_at SET DEFAULT now()"
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
    """Wait until a person was sent these letters about disputes and measures, and no others."""
    await eventually(lambda: _are(driver, person, sorted(templates)))


async def _are(driver: Driver, person: UUID, templates: list[str]) -> bool:
    return bool(await driver.accounts.fetchval(MAILS, person, list(MEASURE_LETTERS)) == templates)


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
    await letters(driver, person, "dispute-opened", "dispute-won", "license-suspended", "license-reinstated")
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
    (late,) = await driver.rows.fetch(LATE, person)
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


async def test_what_the_bank_took_is_not_sent_back_once_more(driver: Driver) -> None:
    """Its person withdraws while the bank decides: the provider must not return what is gone."""
    person = await driver.person()
    payment = await driver.buy(person)
    await driver.ask(disputed(driver, payment, "opened"))
    await driver.rows.execute(HELD_UP)
    try:
        await driver.ask(licensing.WithdrawOrder(subject_id=person, order_id=payment.order_id))
        await driver.ask(disputed(driver, payment, "lost"))
    finally:
        await driver.rows.execute(GOES_ON)
    called_off = "SELECT sent_back_at IS NOT NULL AND attempts = 0 FROM void_payment WHERE reference = $1"
    assert await driver.rows.fetchval(called_off, payment.reference)
    assert [case.topic for case in await cases_of(driver, payment.reference)] == ["dispute of a refunded payment"]
    assert await driver.count("dispute", person, "state = 'lost'") == 1
    assert await driver.count("refund", person) == 1


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


async def test_several_causes_suspend_one_license(driver: Driver) -> None:
    person = await driver.person()
    await driver.buy(person)
    key = await driver.key(person)
    suspend = licensing.SuspendLicense(license_id=(await license_of(driver, person)).license_id, reason="key shared")
    for act in (suspend, suspend, suspend.model_copy(update={"reason": "unpaid"})):
        assert await driver.status(act) == 200
    assert await driver.count("suspension", person) == 2
    ban = licensing.BanPerson(person_id=person, reason="fraud")
    assert [await driver.status(ban) for _ in range(2)] == [200, 200]
    assert await driver.status(order_of(person)) == 409
    reinstate = licensing.SuspendLicense(license_id=suspend.license_id, suspended=False)
    assert [await driver.status(reinstate) for _ in range(2)] == [200, 200]
    assert await code(driver, key) == "SUSPENDED", "its holder is banned"
    await driver.ask(licensing.EndLicense(subject_id=person, license_id=suspend.license_id))
    await driver.ask(licensing.RestoreLicense(subject_id=person, license_id=suspend.license_id))
    assert await code(driver, key) == "SUSPENDED", "taking its end back does not help"
    lift = licensing.LiftBan(person_id=person)
    assert [await driver.status(lift) for _ in range(2)] == [200, 200]
    assert await code(driver, key) == "VALID"
    assert await driver.status(order_of(person)) == 200
    await letters(driver, person, *["license-suspended"] * 2, "person-banned", "license-reinstated", "ban-lifted")
    told = "SELECT bool_and(facts ->> 'reason_en' LIKE 'Reason: %') FROM service_mail WHERE template = 'person-banned'"
    assert await driver.accounts.fetchval(told)


async def test_nothing_is_sold_to_who_is_banned(driver: Driver) -> None:
    """An order that was open can't be paid any more; money that was under way buys a license that rests."""
    person, company = await driver.person(), await driver.person(kind="company")
    order_id = await driver.order(person)
    payment = await driver.start(person, order_id)
    invoiced = await driver.order(company, pay_by="transfer")
    for each in (person, company):
        await driver.ask(licensing.BanPerson(person_id=each, reason="fraud"))
    assert await driver.status(licensing.StartPayment(subject_id=person, order_id=order_id)) == 409
    await driver.ask(told(driver, payment.reference))
    await driver.ask(licensing.RecordTransfer(order_id=invoiced))
    for each in (person, company):
        assert (await license_of(driver, each)).state == "suspended"
        await driver.ask(licensing.LiftBan(person_id=each))
        assert (await license_of(driver, each)).state == "active"
    assert await driver.status(licensing.BanPerson(person_id=uuid4(), reason="other")) == 404


async def test_what_is_revoked_stays_so(driver: Driver) -> None:
    person = await driver.person()
    await driver.buy(person)
    key = await driver.key(person)
    license_id = (await license_of(driver, person)).license_id
    await driver.ask(licensing.EndLicense(subject_id=person, license_id=license_id))
    revoke = licensing.RevokeLicense(license_id=license_id, reason="terms broken")
    assert [await driver.status(revoke) for _ in range(2)] == [200, 200]
    assert await driver.status(licensing.RestoreLicense(subject_id=person, license_id=license_id)) == 409
    assert await driver.status(licensing.SuspendLicense(license_id=license_id, suspended=False)) == 409
    assert await code(driver, key) == "ENDED"
    assert await driver.count("suspension", person, "source = 'revocation' AND reason = 'terms broken'") == 1
    await letters(driver, person, "license-revoked")


async def test_measures_and_erasures(driver: Driver) -> None:
    """A ban goes with its person; the contract that runs on stays suspended until it is lifted for the erased, too."""
    person, other = await driver.person(), await driver.person()
    for each in (person, other):
        await driver.buy(each)
    keys = [await driver.key(each) for each in (person, other)]
    license_id = (await license_of(driver, other)).license_id
    await driver.ask(licensing.BanPerson(person_id=person, reason="fraud"))
    for each in (person, other):
        await driver.erase(each, terminate=False)
    assert await driver.count("ban", person) == 0
    assert await code(driver, keys[0]) == "SUSPENDED"
    assert await driver.status(licensing.BanPerson(person_id=person, reason="fraud")) == 404
    await driver.ask(licensing.LiftBan(person_id=person))
    await driver.ask(licensing.SuspendLicense(license_id=license_id, reason="security"))
    assert [await code(driver, key) for key in keys] == ["VALID", "SUSPENDED"]
    await driver.ask(licensing.RevokeLicense(license_id=license_id, reason="security"))
    assert await code(driver, keys[1]) == "NOT_FOUND"
    assert [await driver.live_rows(each) for each in (person, other)] == [0, 0]


async def test_staff_find_what_somebody_bought_and_the_look_is_noted(driver: Driver) -> None:
    email = f"{uuid4().hex}@example.com"
    person = (await driver.ask(identity.RecognizePerson(email=email))).subject_id
    await driver.accounts.execute(drivers.ACCOUNT, person, email, "PL", "person", "", "", "")
    payment = await driver.buy(person)
    key = await driver.key(person)
    number = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices[0].number
    questions: list[dict[str, Any]] = [
        {"order": payment.order_id},
        {"invoice": number},
        {"key_end": key[-5:]},
        {"email": email},
    ]
    for question in questions:
        found = await driver.ask(licensing.LookUpSales(**question, purpose="answering"))
        (buyer,) = (each for each in found.buyers if each.person_id == person)
        assert ([order.order_id for order in buyer.orders], buyer.erased, buyer.banned) == (
            [payment.order_id],
            False,
            False,
        )
        assert ([each.number for each in buyer.invoices], len(buyer.licenses)) == ([number], 1)
        assert key not in buyer.model_dump_json()
        assert "Nowak" not in buyer.model_dump_json()
    assert await driver.count("sale_look", person, f"purpose = 'answering' AND by = '{STAFF}'") == len(questions)
    assert await driver.status(licensing.LookUpSales(email="nobody@example.com", purpose="answering")) == 404
    nothing = await driver.ask(licensing.LookUpSales(order=uuid4(), purpose="fraud"))
    assert nothing.buyers == ()
    for wrong in ({}, {"order": payment.order_id, "invoice": number}):
        with pytest.raises(ValidationError):
            licensing.LookUpSales(**wrong, purpose="fraud")
    await driver.erase(person, terminate=False)
    assert await driver.count("sale_look", person) == 0
    (buyer,) = (await driver.ask(licensing.LookUpSales(invoice=number, purpose="billing"))).buyers
    assert (buyer.erased, [order.order_id for order in buyer.orders]) == (True, [payment.order_id])
    assert await driver.live_rows(person) == 0


def test_every_reason_is_told_in_two_languages() -> None:
    assert set(REASONS) == set(get_args(licensing.MeasureReason))
    assert all(polish.startswith("Powód") and english.startswith("Reason") for polish, english in REASONS.values())
