"""What consumers are owed: the contract by letter before the key, withdrawal, and what goes back."""

from datetime import date
from uuid import UUID

import pytest

from services.licensing.payments.refund_store import HERE
from shared.clock import today
from shared.contracts import licensing
from shared.problems import Refused
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver

YEAR = 49077  # auditor-year, gross
REFUSE_MAIL = "UPDATE account SET mail_refused_at = now() WHERE subject_id = $1"
TAKE_MAIL = "UPDATE account SET mail_refused_at = NULL WHERE subject_id = $1"
LONG_AGO = "UPDATE purchase_terms SET asked_at = now() - interval '11 minutes' WHERE subject_id = $1"
LETTERS = "SELECT count(*) FROM service_mail WHERE subject_id = $1 AND template = $2"
FACTS = "SELECT facts FROM service_mail WHERE subject_id = $1 AND template = $2"


async def order_of(driver: Driver, person: UUID) -> licensing.Order:
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    return order  # type: ignore[no-any-return]


async def test_a_key_waits_for_the_letter_of_the_contract(driver: Driver) -> None:
    person = await driver.person()
    await driver.accounts.execute(REFUSE_MAIL, person)
    await driver.buy(person)
    (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    key = {"subject_id": person, "license_id": held.license_id}
    await eventually(lambda: driver.accounts.fetchval(LETTERS, person, "contract-concluded"))
    for request in (licensing.RevealLicense(**key), licensing.RotateLicense(**key)):
        assert await driver.status(request) == 409
    assert await driver.count("purchase_terms", person, "confirmed_at IS NULL AND begun_at IS NULL") == 1
    await driver.accounts.execute(TAKE_MAIL, person)
    again = licensing.ResendConfirmation(subject_id=person, order_id=held.order_id)
    asked_at = "SELECT asked_at FROM purchase_terms WHERE subject_id = $1"
    before = await driver.rows.fetchval(asked_at, person)
    await driver.ask(again)  # too soon
    assert await driver.rows.fetchval(asked_at, person) == before
    await driver.rows.execute(LONG_AGO, person)
    await driver.ask(again)
    await driver.key(person)
    assert await driver.count("purchase_terms", person, "confirmed_at <= begun_at") == 1
    await driver.rows.execute(LONG_AGO, person)
    before = await driver.rows.fetchval(asked_at, person)
    await driver.ask(again)  # it was handed over
    assert await driver.rows.fetchval(asked_at, person) == before
    assert await driver.status(again.model_copy(update={"subject_id": await driver.person()})) == 404


async def test_the_letter_says_who_sold_what_for_how_much_on_which_terms(driver: Driver) -> None:
    person = await driver.person()
    await driver.buy(person, quantity=2)
    facts = str(await eventually(lambda: driver.accounts.fetchval(FACTS, person, "contract-concluded")))
    terms = await driver.ask(licensing.ReadTerms())
    for said in ("NIP 9222828810", "2 × Site Auditor", "981.54 PLN", terms.version, terms.sha256, "Odstąpienie"):
        assert said in facts


async def test_a_consumer_who_has_not_seen_the_key_withdraws(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    which = {"subject_id": person, "order_id": payment.order_id}
    offer = await driver.ask(licensing.OfferWithdrawal(**which))
    assert (offer.obstacle, offer.amount, offer.back_by) == ("", YEAR, "card")
    assert await driver.count("withdrawal", person) == 0
    first, again = [await driver.ask(licensing.WithdrawOrder(**which)) for _ in range(2)]
    assert (first, first.amount, first.refund_by) == (again, YEAR, offer.refund_by)
    order = await order_of(driver, person)
    assert (order.state, order.refunded) == ("refunded", YEAR)
    assert await driver.count("license", person, "state = 'ended'") == 1
    invoices = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert sorted(invoice.gross for invoice in invoices) == [-YEAR, YEAR]
    sent = "SELECT sent_back_at IS NOT NULL AND amount = $2 FROM void_payment WHERE reference = $1"
    assert await eventually(lambda: driver.rows.fetchval(sent, payment.reference, YEAR))
    assert await eventually(lambda: driver.count("withdrawal", person, "acknowledged_at >= stated_at"))
    assert await driver.accounts.fetchval(LETTERS, person, "withdrawal-received") == 1
    assert (await driver.ask(licensing.OfferWithdrawal(**which))).obstacle == "nothing to withdraw from"


async def test_the_provider_tells_of_a_refund_that_we_ordered(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    await driver.ask(licensing.WithdrawOrder(subject_id=person, order_id=payment.order_id))
    for _ in range(2):
        await driver.ask(await driver.played(payment.reference, "refund.made"))
    assert await driver.count("refund", person, "provider_refund LIKE 'ref_%'") == 1
    assert await driver.count("invoice", person) == 2
    cases = (await driver.ask(licensing.ListStaffCases(limit=1000))).cases
    assert [case.kind for case in cases if case.reference == payment.reference] == ["wrong amount"]  # the second one


async def test_the_right_is_lost_with_the_key(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    await driver.key(person)
    which = {"subject_id": person, "order_id": payment.order_id}
    assert (await driver.ask(licensing.OfferWithdrawal(**which))).obstacle == "right lost"
    assert await driver.status(licensing.WithdrawOrder(**which)) == 409
    assert (await order_of(driver, person)).state == "paid"
    assert await driver.count("withdrawal", person) == 0


async def test_only_ones_own_contract_and_only_a_consumer(driver: Driver) -> None:
    person, company = await driver.person(), await driver.person(kind="company")
    order_id, theirs = await driver.order(person), await driver.order(company)
    for request in (licensing.OfferWithdrawal, licensing.WithdrawOrder):
        assert await driver.status(request(subject_id=company, order_id=order_id)) == 404
    assert await driver.status(licensing.WithdrawOrder(subject_id=company, order_id=theirs)) == 409
    withdrawn = await driver.ask(licensing.WithdrawOrder(subject_id=person, order_id=order_id))
    assert (withdrawn.amount, withdrawn.back_by, (await order_of(driver, person)).state) == (0, "nothing", "cancelled")


@pytest.mark.parametrize("paid", [True, False])
async def test_a_sole_trader_outside_the_trade_withdraws_from_a_transfer(driver: Driver, paid: bool) -> None:
    person = await driver.person(kind="sole trader")
    order_id = await driver.order(person, pay_by="transfer", professional=False)
    if paid:
        await driver.ask(licensing.RecordTransfer(order_id=order_id))
    withdrawn = await driver.ask(licensing.WithdrawOrder(subject_id=person, order_id=order_id))
    assert (withdrawn.amount, withdrawn.back_by) == ((YEAR, "transfer") if paid else (0, "nothing"))
    assert (await order_of(driver, person)).state == "refunded"
    invoices = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert sorted(invoice.gross for invoice in invoices) == [-YEAR, YEAR]
    assert await driver.count("invoice", person, "settled_on IS NULL") == 0
    assert await driver.count("refund", person, "payment_id IS NULL AND due_on IS NOT NULL") == paid
    assert await driver.status(licensing.RecordTransfer(order_id=order_id)) == 409


async def test_the_price_is_told_before_the_order_and_kept_in_it(driver: Driver) -> None:
    german, people = await driver.person("DE"), "SELECT count(*) FROM subject"
    before = await driver.rows.fetchval(people)
    shown = {product.code: product for product in (await driver.ask(licensing.ListProducts(country="DE"))).products}
    quote = await driver.ask(licensing.QuoteOrder(product="auditor-year", quantity=2, country="DE"))
    assert (quote.net, quote.vat, quote.gross, quote.treatment) == (79_800, 15_162, 94_962, "oss")
    assert (shown["auditor-year"].gross, shown["auditor-year"].vat_rate) == (47_481, 1900)
    assert await driver.rows.fetchval(people) == before
    put = licensing.PutProduct(code="dearer", name="Dearer", net=1000, device_limit=1)
    await driver.ask(put)
    promised = (await driver.ask(licensing.QuoteOrder(product="dearer", country="DE"))).gross
    await driver.ask(put.model_copy(update={"net": 1001}))
    request = drivers.order_of(german, product="dearer", expected_gross=promised)
    with pytest.raises(Refused) as refused:
        await driver.ask(request)
    assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (409, "expected_gross")
    assert await driver.counts(german) == {}
    await driver.order(german, product="auditor-year", quantity=2, expected_gross=quote.gross)
    for wrong, field in (({"country": "US"}, "country"), ({"product": "nothing"}, "product")):
        with pytest.raises(Refused) as refused:
            await driver.ask(licensing.QuoteOrder(**({"product": "auditor-year"} | wrong)))
        assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (422, field)


async def limit(driver: Driver, person: UUID) -> int:
    return int(await driver.rows.fetchval("SELECT device_limit FROM license WHERE subject_id = $1", person))


async def refund_of(driver: Driver, person: UUID) -> UUID:
    return UUID(str(await driver.rows.fetchval("SELECT refund_id FROM refund WHERE subject_id = $1", person)))


async def due(driver: Driver, order_id: UUID) -> list[licensing.DueRefund]:
    listed = (await driver.ask(licensing.ListDueRefunds(limit=1000))).refunds
    return [refund for refund in listed if refund.order_id == order_id]


async def test_a_refund_of_99_of_100_seats_leaves_one(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person, product="auditor-month", quantity=100)  # 6027.00 PLN, one device each
    key = await driver.key(person)
    for device in ("device-1", "device-2", "device-3"):
        assert (await driver.ask(licensing.ActivateLicense(key=key, fingerprint=device))).valid
    assert (await driver.ask(licensing.CheckOutLicense(key=key, fingerprint="device-1"))).file
    await driver.rows.execute(
        "UPDATE activation SET last_seen_at = now() - interval '1 day' WHERE subject_id = $1", person
    )
    assert (await driver.ask(licensing.ValidateLicense(key=key, fingerprint="device-2"))).valid  # and is in use
    await driver.ask(await driver.played(payment.reference, "refund.made", 596_673))
    assert await limit(driver, person) == 1
    without_seat = "SELECT count(*) FROM activation WHERE subject_id = $1 AND freed_at IS NOT NULL"
    assert await driver.rows.fetchval(without_seat, person) == 1, "a file works on one of them"
    codes = [
        (await driver.ask(licensing.ValidateLicense(key=key, fingerprint=device))).code
        for device in ("device-1", "device-2", "device-3")
    ]
    assert codes == ["NOT_ACTIVATED", "VALID", "NOT_ACTIVATED"]
    seats = licensing.SetSeats(order_id=payment.order_id, seats=2)
    await driver.ask(seats)
    assert await limit(driver, person) == 2
    assert await driver.status(seats.model_copy(update={"seats": 100})) == 200
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    assert (order.state, order.refunded) == ("paid", 596_673)


@pytest.mark.parametrize("amount", [YEAR, 5_000])
async def test_a_refund_that_came_back_is_taken_back(driver: Driver, amount: int) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    await driver.ask(await driver.played(payment.reference, "refund.made", amount))
    refund_id = await refund_of(driver, person)
    undo = licensing.UndoRefund(refund_id=refund_id)
    assert await driver.status(undo) == 409  # the money is with the buyer
    assert await due(driver, payment.order_id) == []
    named = str(await driver.rows.fetchval("SELECT provider_refund FROM refund WHERE refund_id = $1", refund_id))
    failed = licensing.PlaySandbox(reference=payment.reference, event="refund.failed", amount=amount, refund=named)
    other = failed.model_copy(update={"amount": amount - 1})
    await driver.ask(licensing.PaymentWebhook(**(await driver.ask(other)).model_dump()))
    assert await due(driver, payment.order_id) == []  # a case for staff, as it is no refund that was booked
    for _ in range(2):
        await driver.ask(licensing.PaymentWebhook(**(await driver.ask(failed)).model_dump()))
    (listed,) = await due(driver, payment.order_id)
    assert (listed.refund_id, listed.amount, listed.due_on) == (refund_id, amount, None)
    for _ in range(2):
        await driver.ask(undo)
    order = await order_of(driver, person)
    assert (order.state, order.refunded) == ("paid", 0)
    assert await driver.count("license", person, "state = 'active' AND device_limit = 3") == 1
    assert await driver.count("payment", person, "state = 'confirmed'") == 1
    invoices = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert sorted(invoice.gross for invoice in invoices) == sorted([YEAR, -amount, amount])
    assert sum(invoice.net for invoice in invoices) == order.net
    assert await due(driver, payment.order_id) == []


async def test_where_the_money_of_a_refund_is(driver: Driver) -> None:
    """By until when staff send it, when they did, when a bank returned it, and when it was taken back."""
    moments = """VALUES (1, 9, NULL, NULL, NULL, true), (2, 9, 1, NULL, NULL, false), (3, 9, 1, 2, NULL, true),
      (4, 9, 2, 1, NULL, false), (5, NULL, NULL, NULL, NULL, false), (6, NULL, NULL, 1, NULL, true),
      (7, NULL, 2, 1, NULL, false), (8, 9, NULL, NULL, 1, false)"""
    columns = "n, due_on, sent_at, came_back_at, undone_at, expected"
    wrong = f"SELECT n FROM ({moments}) AS refund ({columns}) WHERE ({HERE}) IS DISTINCT FROM expected"  # noqa: S608 constants
    assert await driver.rows.fetch(wrong) == []


async def test_what_came_by_transfer_goes_back_by_transfer(driver: Driver) -> None:
    person = await driver.person(kind="company")
    order_id = await driver.order(person, pay_by="transfer", quantity=2)
    refund = licensing.RefundOrder(order_id=order_id, amount=YEAR)
    assert await driver.status(refund) == 409  # nothing is paid
    await driver.ask(licensing.RecordTransfer(order_id=order_id))
    assert await driver.status(refund.model_copy(update={"amount": 3 * YEAR})) == 422
    made = (await driver.ask(refund)).id
    (listed,) = await due(driver, order_id)
    assert (listed.refund_id, listed.amount) == (made, YEAR)
    assert await limit(driver, person) == 3
    sent_at = set()
    for _ in range(2):
        await driver.ask(licensing.RecordRefundSent(refund_id=made))
        sent_at.add(await driver.rows.fetchval("SELECT sent_at FROM refund WHERE refund_id = $1", made))
    assert len(sent_at) == 1
    assert await due(driver, order_id) == []
    assert await driver.status(licensing.UndoRefund(refund_id=made)) == 409
    assert await driver.status(licensing.UndoRefund(refund_id=order_id)) == 404
    card = await driver.buy(await driver.person())
    assert await driver.status(licensing.RefundOrder(order_id=card.order_id, amount=1)) == 200
    assert await due(driver, card.order_id) == [], "the provider sends what was paid by card"


async def test_who_has_withdrawn_is_owed_the_money(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    await driver.ask(licensing.WithdrawOrder(subject_id=person, order_id=payment.order_id))
    failed = licensing.PlaySandbox(reference=payment.reference, event="refund.failed", refund="ref_of_a_withdrawal")
    await driver.ask(licensing.PaymentWebhook(**(await driver.ask(failed)).model_dump()))
    (listed,) = await due(driver, payment.order_id)
    assert await driver.status(licensing.UndoRefund(refund_id=listed.refund_id)) == 409
    assert (await order_of(driver, person)).state == "refunded"
    await driver.ask(licensing.RecordRefundSent(refund_id=listed.refund_id))
    assert await due(driver, payment.order_id) == []


async def test_a_transfer_of_somebody_erased_goes_back_too(driver: Driver) -> None:
    person = await driver.person(kind="company")
    order_id = await driver.order(person, pay_by="transfer")
    await driver.erase(person, terminate=True)
    await driver.ask(licensing.RecordTransfer(order_id=order_id))
    await driver.ask(licensing.RefundOrder(order_id=order_id, amount=YEAR))
    assert await driver.count("refund", person, "NOT live AND retain_until IS NOT NULL") == 1
    assert await driver.live_rows(person) == 0
    assert len(await due(driver, order_id)) == 1


async def test_what_was_agreed_to_and_withdrawals_outlive_the_erasure_while_claims_run(driver: Driver) -> None:
    person, until = await driver.person(), date(today().year + 6, 12, 31)
    kept, withdrawn = await driver.buy(person), await driver.buy(person)
    unpaid = await driver.order(person)
    await driver.confirmed(kept.order_id)
    for order_id in (withdrawn.order_id, unpaid):
        await driver.ask(licensing.WithdrawOrder(subject_id=person, order_id=order_id))
    await driver.erase(person, terminate=True)
    proof = "provisions = ARRAY['KC art. 118'] AND exemptions = ARRAY['GDPR Art. 17(3)(e)'] AND review_at IS NULL"
    assert (
        await driver.count("purchase_terms", person, f"NOT live AND withdrawal_waived_at IS NOT NULL AND {proof}") == 2
    )
    assert await driver.count("purchase_terms", person, "confirmed_at IS NOT NULL") >= 1
    assert await driver.count("withdrawal", person, f"NOT live AND {proof}") == 2
    assert await driver.ends("purchase_terms", person) == await driver.ends("withdrawal", person) == {until}
    assert await driver.count("purchase", person, proof) == 1  # that of no sale
    assert await driver.live_rows(person) == 0


async def test_a_business_is_not_written_to_and_its_claims_are_shorter(driver: Driver) -> None:
    company = await driver.person(kind="company")
    await driver.buy(company)
    assert await driver.count("purchase_terms", company, "asked_at IS NULL AND NOT consumer") == 1
    assert await driver.ends("purchase_terms", company) == {date(today().year + 3, 12, 31)}
    assert len(await driver.key(company)) > 20
