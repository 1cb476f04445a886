"""Orders, payments and invoices on the real servers."""

import contextlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.licensing.data_map import DATA_MAP
from services.licensing.invoices import store as invoices
from services.licensing.payments.sandbox import signed_webhook
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.licensing import PaymentWebhook
from shared.personal_data.schema_check import gaps
from shared.problems import Refused
from shared.purposes import Purpose
from tests.house import eventually
from tests.integration.licensing.shop import Shop, all_of, order_of

AGE = (
    "UPDATE invoice SET retain_until = retain_until - interval '2 years' WHERE subject_id = $1",
    "UPDATE payment SET retain_until = retain_until - interval '2 years' WHERE subject_id = $1",
    "UPDATE purchase SET retain_until = retain_until - interval '2 years' WHERE subject_id = $1",
)


async def test_every_column_is_in_the_data_map(shop: Shop) -> None:
    async with shop.kit.database.transaction(Purpose.UPKEEP) as tx:
        assert await gaps(tx, DATA_MAP) == []


async def test_a_sale_from_the_catalogue_to_the_key(shop: Shop) -> None:
    products = await shop.ask(licensing.ListProducts())
    assert "auditor-year" in {product.code for product in products.products}
    person = await shop.person()
    payment = await shop.buy(person, quantity=2)
    (order,) = (await shop.ask(licensing.ListOrders(subject_id=person))).orders
    assert (order.state, order.net, order.vat, order.gross) == ("paid", 79_800, 18_354, 98_154)
    assert payment.amount == order.gross
    (invoice,) = (await shop.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert (invoice.gross, invoice.buyer_name, invoice.seller_nip) == (98_154, "Anna Nowak", "9222828810")
    assert (invoice.retain_until.year, invoice.settled_on) == (today().year + 6, today())
    assert invoice == await shop.ask(licensing.ReadInvoice(subject_id=person, invoice_id=invoice.invoice_id))
    (license_,) = (await shop.ask(licensing.ListLicenses(subject_id=person))).licenses
    key = await shop.key(person)
    assert license_.device_limit == 6
    assert license_.key == f"LTH-****-{key[-5:]}"
    stored = await shop.rows.fetchval("SELECT license::text FROM license WHERE subject_id = $1", person)
    assert key not in stored


async def test_the_provider_is_named_in_the_disclosure_log_and_the_buyer_is_written_to(shop: Shop) -> None:
    person = await shop.person()
    await shop.buy(person)
    async with shop.house.superuser("privacy") as database:

        async def disclosed() -> Any:
            return await database.fetchrow(
                "SELECT recipient, categories FROM disclosure WHERE subject_id = $1 AND told_by = 'licensing'", person
            )

        found = await eventually(disclosed)
    assert found["recipient"] == "PayGate Sandbox S.A."
    assert set(found["categories"]) == {"D1", "D5", "D9"}

    async def mails() -> bool:
        rows = await shop.accounts.fetch("SELECT template FROM service_mail WHERE subject_id = $1", person)
        return {row["template"] for row in rows} == {"payment-received", "license-issued"}

    await eventually(mails)


async def test_an_idempotency_key_makes_one_order(shop: Shop) -> None:
    person = await shop.person()
    request, options = order_of(person), {"idempotency_key": "k1", "principal": str(person)}
    answers = await all_of(*(shop.ask(request, **options) for _ in range(5)))
    assert len({answer.id for answer in answers}) == 1
    assert (await shop.counts(person))["purchase"] == 1
    assert await shop.status(order_of(person, quantity=2), **options) == 422
    started = licensing.StartPayment(subject_id=person, order_id=answers[0].id)
    payments = await all_of(*(shop.ask(started, idempotency_key="k2", principal=str(person)) for _ in range(5)))
    assert len({payment.id for payment in payments}) == 1


async def test_a_webhook_ten_times_at_once_delivers_once(shop: Shop) -> None:
    person = await shop.person()
    payment = await shop.start(person, await shop.order(person))
    webhook = await shop.played(payment.reference, "payment.confirmed")
    other_id = await shop.played(payment.reference, "payment.confirmed")
    answers = await all_of(*(shop.ask(w) for _ in range(10) for w in (webhook, other_id)))
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    counts = await shop.counts(person)
    assert (counts["payment"], counts["invoice"], counts["license"]) == (1, 1, 1)
    assert await shop.count("payment", person, "state = 'confirmed'") == 1
    void = "SELECT count(*) FROM void_payment WHERE reference = $1"
    assert await shop.rows.fetchval(void, payment.reference) == 0


async def test_forty_invoices_at_once_are_gapless(shop: Shop) -> None:
    people = [await shop.person() for _ in range(40)]
    payments = await all_of(*(shop.order(person) for person in people))
    started = await all_of(*(shop.start(*pair) for pair in zip(people, payments, strict=True)))
    webhooks = [await shop.played(payment.reference, "payment.confirmed") for payment in started]
    assert not [answer for answer in await all_of(*map(shop.ask, webhooks)) if isinstance(answer, BaseException)]
    await _check_gapless(shop)


async def _check_gapless(shop: Shop) -> None:
    for series in ("FV", "KOR"):
        numbers = await shop.rows.fetch("SELECT number FROM invoice WHERE number LIKE $1 || '/%'", series)
        counts = sorted(int(row["number"].rpartition("/")[2]) for row in numbers)
        assert counts == list(range(1, len(counts) + 1))


async def test_a_number_that_was_not_used_is_given_again(shop: Shop) -> None:
    person = await shop.person()
    with contextlib.suppress(ZeroDivisionError):
        async with shop.kit.database.transaction(Purpose.CONTRACT) as tx:
            lost = await tx.value(invoices.NEXT_NUMBER, "FV", today().year)
            raise ZeroDivisionError
    await shop.buy(person)
    (invoice,) = (await shop.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert int(invoice.number.rpartition("/")[2]) == lost
    await _check_gapless(shop)


async def test_webhooks_that_make_no_sense_change_nothing(shop: Shop) -> None:
    person = await shop.person()
    payment = await shop.start(person, await shop.order(person))
    genuine = await shop.played(payment.reference, "payment.confirmed")
    secret = shop.kit.settings.webhook_secret

    def told(at: Any = None, **data: Any) -> PaymentWebhook:
        whole = {"reference": payment.reference, "amount": payment.amount, "currency": "PLN"} | data
        event = {"type": "payment.confirmed", "data": whole}
        return PaymentWebhook(**signed_webhook(event, secret, at=at).model_dump())

    forged = genuine.model_copy(update={"body": genuine.body.replace("confirmed", "failed")})
    assert await shop.status(forged) == 401
    assert await shop.status(told(at=now() - timedelta(minutes=6))) == 401
    assert await shop.status(told(reference="pay_unknown")) == 404
    assert await shop.status(told(amount=payment.amount - 1)) == 422
    assert await shop.status(await shop.played(payment.reference, "refund.made")) == 409
    assert "license" not in await shop.counts(person)
    assert await shop.status(genuine) == 200
    assert (await shop.counts(person))["license"] == 1


async def test_a_failed_payment_can_be_tried_again_and_is_taken_once(shop: Shop) -> None:
    person = await shop.person()
    order_id = await shop.order(person)
    first = await shop.start(person, order_id)
    await shop.ask(await shop.played(first.reference, "payment.failed"))
    second = await shop.start(person, order_id)
    assert second.payment_id != first.payment_id
    late = await shop.played(first.reference, "payment.confirmed")
    await shop.ask(await shop.played(second.reference, "payment.confirmed"))
    await shop.ask(late)
    counts = await shop.counts(person)
    assert (counts["payment"], counts["invoice"], counts["license"]) == (2, 1, 1)
    await _sent_back(shop, first.reference)


async def _sent_back(shop: Shop, reference: str) -> None:
    async def sent() -> Any:
        return await shop.rows.fetchval("SELECT sent_back_at FROM void_payment WHERE reference = $1", reference)

    await eventually(sent)


async def test_money_for_a_cancelled_order_goes_back(shop: Shop) -> None:
    person = await shop.person()
    order_id = await shop.order(person)
    payment = await shop.start(person, order_id)
    late = await shop.played(payment.reference, "payment.confirmed")
    cancel = licensing.CancelOrder(subject_id=person, order_id=order_id)
    assert [await shop.status(cancel), await shop.status(cancel)] == [200, 200]
    await shop.ask(late)
    await _sent_back(shop, payment.reference)
    assert "license" not in await shop.counts(person)


async def test_a_paid_order_is_not_cancelled_and_a_stranger_sees_nothing(shop: Shop) -> None:
    person, stranger = await shop.person(), await shop.person()
    payment = await shop.buy(person)
    assert await shop.status(licensing.CancelOrder(subject_id=person, order_id=payment.order_id)) == 409
    assert await shop.status(licensing.StartPayment(subject_id=person, order_id=payment.order_id)) == 409
    (invoice,) = (await shop.ask(licensing.ListInvoices(subject_id=person))).invoices
    for request in (
        licensing.CancelOrder(subject_id=stranger, order_id=payment.order_id),
        licensing.StartPayment(subject_id=stranger, order_id=payment.order_id),
        licensing.ReadPayment(subject_id=stranger, payment_id=payment.payment_id),
        licensing.ReadInvoice(subject_id=stranger, invoice_id=invoice.invoice_id),
        licensing.RecordTransfer(order_id=uuid4()),
    ):
        assert await shop.status(request) == 404


async def test_partial_refunds_then_the_rest(shop: Shop) -> None:
    person = await shop.person()
    payment = await shop.buy(person)
    key = await shop.key(person)
    part = await shop.played(payment.reference, "refund.made", 10_000)
    await all_of(*(shop.ask(part) for _ in range(5)))
    assert (await shop.ask(licensing.ValidateLicense(key=key))).code == "VALID"
    too_much = await shop.played(payment.reference, "refund.made", payment.amount)
    assert await shop.status(too_much) == 422
    await shop.ask(await shop.played(payment.reference, "refund.made", payment.amount - 10_000))
    assert (await shop.ask(licensing.ValidateLicense(key=key))).code == "ENDED"
    (order,) = (await shop.ask(licensing.ListOrders(subject_id=person))).orders
    assert (order.state, order.refunded) == ("refunded", payment.amount)
    issued = (await shop.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert sorted(i.kind for i in issued) == ["correction", "correction", "invoice"]
    assert [sum(getattr(i, money) for i in issued) for money in ("net", "vat", "gross")] == [0, 0, 0]
    await _check_gapless(shop)


async def test_a_correction_in_a_later_year_keeps_the_corrected_invoice_alive(shop: Shop) -> None:
    person = await shop.person()
    payment = await shop.buy(person)
    for age in AGE:  # as if it had been sold two years ago
        await shop.rows.execute(age, person)
    assert {end.year for end in await shop.ends("invoice", person)} == {today().year + 4}
    await shop.ask(await shop.played(payment.reference, "refund.made"))
    for table in ("invoice", "purchase", "payment", "refund"):
        assert {end.year for end in await shop.ends(table, person)} == {today().year + 6}


async def test_a_business_pays_by_transfer(shop: Shop) -> None:
    person = await shop.person(kind="sole trader")
    order_id = await shop.order(person, pay_by="transfer")
    (invoice,) = (await shop.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert (invoice.settled_on, invoice.due_on) == (None, today() + timedelta(days=14))
    assert (await shop.ask(licensing.ValidateLicense(key=await shop.key(person)))).valid
    for _ in range(2):
        await shop.ask(licensing.RecordTransfer(order_id=order_id))
    (invoice,) = (await shop.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert invoice.settled_on == today()


async def test_a_consumer_abroad_pays_the_vat_of_the_country_and_the_address_is_kept_as_proof(shop: Shop) -> None:
    german, pole = await shop.person(country="DE"), await shop.person()
    for person in (german, pole):
        await shop.buy(person)
    (invoice,) = (await shop.ask(licensing.ListInvoices(subject_id=german))).invoices
    assert (invoice.vat_rate, invoice.vat_note) == (1900, "OSS")
    origins = "SELECT retain_until, purge_after FROM purchase_origin WHERE subject_id = $1"
    proof, trace = await shop.rows.fetchrow(origins, german), await shop.rows.fetchrow(origins, pole)
    assert proof is not None
    assert trace is not None
    assert (proof["retain_until"].year, proof["purge_after"]) == (today().year + 10, None)
    assert (trace["retain_until"], trace["purge_after"]) == (None, today() + timedelta(days=90))


async def test_a_buyer_who_moves_between_order_and_payment_is_taxed_as_ordered(shop: Shop) -> None:
    person = await shop.person(country="US", kind="company")
    payment = await shop.start(person, await shop.order(person))
    await shop.accounts.execute("UPDATE account SET kind = 'person', company = '' WHERE subject_id = $1", person)
    await shop.ask(await shop.played(payment.reference, "payment.confirmed"))
    (invoice,) = (await shop.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert (invoice.vat, invoice.vat_note) == (0, "odwrotne obciążenie")


async def test_an_order_is_checked_before_anything_is_written(shop: Shop) -> None:
    person, company, american = await shop.person(), await shop.person(kind="company"), await shop.person("US")
    for request, field in (
        (order_of(person, product="nothing"), "product"),
        (order_of(person, ip="1.2.3"), "ip"),
        (order_of(person, pay_by="transfer"), "pay_by"),
        (order_of(company, accepts_terms=False), "accepts_terms"),
        (order_of(american), "country"),
    ):
        with pytest.raises(Refused) as refused:
            await shop.ask(request)
        assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (422, field)
    assert await shop.counts(person) == await shop.counts(company) == await shop.counts(american) == {}


async def test_staff_change_the_catalogue_and_old_orders_keep_their_terms(shop: Shop) -> None:
    person = await shop.person()
    put = licensing.PutProduct(code="new-tool", name="New Tool", net=1000, device_limit=2)
    await shop.ask(put)
    await shop.order(person, product="new-tool")
    await shop.ask(put.model_copy(update={"net": 2000, "on_sale": False}))
    (order,) = (await shop.ask(licensing.ListOrders(subject_id=person))).orders
    assert order.net == 1000
    assert await shop.status(order_of(person, product="new-tool")) == 422
