"""Orders, payments and invoices on the real servers."""

import contextlib
import hashlib
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.licensing.app import wire
from services.licensing.data_map import DATA_MAP
from services.licensing.invoices import store as invoices
from services.licensing.invoices.rules import counter
from services.licensing.jobs import due_dates, older_invoices
from services.licensing.payments.sandbox import signed_webhook
from services.licensing.retention import RETENTION
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.licensing import PaymentWebhook
from shared.personal_data.schema_check import gaps
from shared.problems import Refused
from shared.purposes import Purpose
from tests import harness as harnesses
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver, all_of, order_of
from tests.retention import run_today

AGE = (
    "UPDATE invoice SET retain_until = retain_until - interval '2 years' WHERE subject_id = $1",
    "UPDATE payment SET retain_until = retain_until - interval '2 years' WHERE subject_id = $1",
    "UPDATE purchase SET retain_until = retain_until - interval '2 years' WHERE subject_id = $1",
)


@pytest.fixture(scope="module")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    """Of its own: what is counted here is all there is."""
    async with drivers.opened(servers) as opened:
        yield opened


async def test_every_column_is_in_the_data_map(driver: Driver) -> None:
    async with driver.resources.database.transaction(Purpose.UPKEEP) as tx:
        assert await gaps(tx, DATA_MAP) == []


async def test_a_sale_from_the_catalogue_to_the_key(driver: Driver) -> None:
    products = await driver.ask(licensing.ListProducts())
    assert "auditor-year" in {product.code for product in products.products}
    person = await driver.person()
    payment = await driver.buy(person, quantity=2)
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    assert (order.state, order.net, order.vat, order.gross) == ("paid", 79_800, 18_354, 98_154)
    assert payment.amount == order.gross
    (invoice,) = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert (invoice.gross, invoice.buyer_name, invoice.seller_nip) == (98_154, "Anna Nowak", "9222828810")
    assert (invoice.retain_until.year, invoice.settled_on) == (today().year + 6, today())
    assert invoice == await driver.ask(licensing.ReadInvoice(subject_id=person, invoice_id=invoice.invoice_id))
    (license_,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    key = await driver.key(person)
    assert license_.device_limit == 6
    assert license_.key == f"LTH-****-{key[-5:]}"
    stored = await driver.rows.fetchval("SELECT license::text FROM license WHERE subject_id = $1", person)
    assert key not in stored


async def test_the_provider_is_named_in_the_disclosure_log_and_the_buyer_is_written_to(driver: Driver) -> None:
    person = await driver.person()
    await driver.buy(person)
    async with driver.harness.superuser("privacy") as database:
        disclosure = await eventually(
            lambda: database.fetchrow(
                "SELECT recipient, categories FROM disclosure WHERE subject_id = $1 AND told_by = 'licensing'", person
            )
        )
    assert disclosure["recipient"] == "PayGate Sandbox S.A."
    assert set(disclosure["categories"]) == {"D1", "D5", "D9"}

    async def mails() -> bool:
        rows = await driver.accounts.fetch("SELECT template FROM service_mail WHERE subject_id = $1", person)
        return {row["template"] for row in rows} == {"payment-received", "license-issued", "contract-concluded"}

    await eventually(mails)


async def test_an_idempotency_key_makes_one_order(driver: Driver) -> None:
    person = await driver.person()
    request, options = order_of(person), {"idempotency_key": "k1", "principal": str(person)}
    answers = await all_of(*(driver.ask(request, **options) for _ in range(5)))
    assert len({answer.id for answer in answers}) == 1
    assert (await driver.counts(person))["purchase"] == 1
    assert await driver.status(order_of(person, quantity=2), **options) == 422
    started = licensing.StartPayment(subject_id=person, order_id=answers[0].id)
    payments = await all_of(*(driver.ask(started, idempotency_key="k2", principal=str(person)) for _ in range(5)))
    assert len({payment.id for payment in payments}) == 1


async def test_a_webhook_ten_times_at_once_delivers_once(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    webhook = await driver.played(payment.reference, "payment.confirmed")
    other_id = await driver.played(payment.reference, "payment.confirmed")
    answers = await all_of(*(driver.ask(w) for _ in range(10) for w in (webhook, other_id)))
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    counts = await driver.counts(person)
    assert (counts["payment"], counts["invoice"], counts["license"]) == (1, 1, 1)
    assert await driver.count("payment", person, "state = 'confirmed'") == 1
    void = "SELECT count(*) FROM void_payment WHERE reference = $1"
    assert await driver.rows.fetchval(void, payment.reference) == 0


async def test_fifty_buyers_at_once_get_gapless_numbers_although_some_are_rolled_back(driver: Driver) -> None:
    people = [await driver.person() for _ in range(50)]
    payments = await all_of(*(driver.order(person) for person in people))
    started = await all_of(*(driver.start(*pair) for pair in zip(people, payments, strict=True)))
    webhooks = [await driver.played(payment.reference, "payment.confirmed") for payment in started]
    answers = await all_of(*(each for webhook in webhooks for each in (driver.ask(webhook), _rolled_back(driver))))
    failures = [type(answer) for answer in answers if isinstance(answer, BaseException)]
    assert failures == [ZeroDivisionError] * len(people)
    await check_gapless(driver)


async def _rolled_back(driver: Driver) -> None:
    """An invoice that fails after it has taken its number."""
    async with driver.resources.database.transaction(Purpose.CONTRACT) as tx:
        await invoices.next_number(tx, "FV", today())
        raise ZeroDivisionError


async def check_gapless(driver: Driver) -> None:
    counted: dict[str, list[int]] = {}
    for row in await driver.rows.fetch("SELECT number, issued_on FROM invoice"):
        series, *_, count = row["number"].split("/")
        counted.setdefault(counter(series, row["issued_on"]), []).append(int(count))
    assert {name: sorted(counts) for name, counts in counted.items()} == {
        name: list(range(1, len(counts) + 1)) for name, counts in counted.items()
    }


async def test_a_number_that_was_not_used_is_given_again(driver: Driver) -> None:
    person = await driver.person()
    with contextlib.suppress(ZeroDivisionError):
        async with driver.resources.database.transaction(Purpose.CONTRACT) as tx:
            lost = await invoices.next_number(tx, "FV", today())
            raise ZeroDivisionError
    await driver.buy(person)
    (invoice,) = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert invoice.number == lost
    await check_gapless(driver)


async def test_from_2027_on_each_month_is_counted_anew_and_an_old_year_goes_on(driver: Driver) -> None:
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2027, 1, 31), date(2027, 2, 1), date(2027, 2, 2)]
    with contextlib.suppress(ZeroDivisionError):
        async with driver.resources.database.transaction(Purpose.CONTRACT) as tx:
            *_, before = (await invoices.next_number(tx, "KOR", date(2026, 1, 1))).split("/")
            numbers = [await invoices.next_number(tx, "KOR", day) for day in days]
            raise ZeroDivisionError
    years = [f"KOR/2026/01/{int(before) + 1:04}", f"KOR/2026/02/{int(before) + 2:04}"]
    assert numbers == [*years, "KOR/2027/01/0001", "KOR/2027/02/0001", "KOR/2027/02/0002"]


async def test_webhooks_that_make_no_sense_change_nothing(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    genuine = await driver.played(payment.reference, "payment.confirmed")
    secret = driver.resources.settings.webhook_secret

    def told(at: Any = None, **data: Any) -> PaymentWebhook:
        whole = {"reference": payment.reference, "amount": payment.amount, "currency": "PLN"} | data
        event = {"type": "payment.confirmed", "data": whole}
        return PaymentWebhook(**signed_webhook(event, secret, at=at).model_dump())

    forged = genuine.model_copy(update={"body": genuine.body.replace("confirmed", "failed")})
    assert await driver.status(forged) == 401
    assert await driver.status(told(at=now() - timedelta(minutes=6))) == 401
    assert await driver.status(await driver.played(payment.reference, "refund.made")) == 409
    assert "license" not in await driver.counts(person)
    assert await driver.status(genuine) == 200
    assert (await driver.counts(person))["license"] == 1


async def test_a_failed_payment_can_be_tried_again_and_is_taken_once(driver: Driver) -> None:
    person = await driver.person()
    order_id = await driver.order(person)
    first = await driver.start(person, order_id)
    await driver.ask(await driver.played(first.reference, "payment.failed"))
    second = await driver.start(person, order_id)
    assert second.payment_id != first.payment_id
    late = await driver.played(first.reference, "payment.confirmed")
    await driver.ask(await driver.played(second.reference, "payment.confirmed"))
    await driver.ask(late)
    counts = await driver.counts(person)
    assert (counts["payment"], counts["invoice"], counts["license"]) == (2, 1, 1)
    await _sent_back(driver, first.reference)


async def _sent_back(driver: Driver, reference: str) -> None:

    await eventually(
        lambda: driver.rows.fetchval("SELECT sent_back_at FROM void_payment WHERE reference = $1", reference)
    )


async def test_money_for_a_cancelled_order_goes_back(driver: Driver) -> None:
    person = await driver.person()
    order_id = await driver.order(person)
    payment = await driver.start(person, order_id)
    late = await driver.played(payment.reference, "payment.confirmed")
    cancel = licensing.CancelOrder(subject_id=person, order_id=order_id)
    assert [await driver.status(cancel), await driver.status(cancel)] == [200, 200]
    await driver.ask(late)
    await _sent_back(driver, payment.reference)
    assert "license" not in await driver.counts(person)


async def test_a_paid_order_is_not_cancelled_and_a_stranger_sees_nothing(driver: Driver) -> None:
    person, stranger = await driver.person(), await driver.person()
    payment = await driver.buy(person)
    assert await driver.status(licensing.CancelOrder(subject_id=person, order_id=payment.order_id)) == 409
    assert await driver.status(licensing.StartPayment(subject_id=person, order_id=payment.order_id)) == 409
    (invoice,) = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    for request in (
        licensing.CancelOrder(subject_id=stranger, order_id=payment.order_id),
        licensing.StartPayment(subject_id=stranger, order_id=payment.order_id),
        licensing.ReadPayment(subject_id=stranger, payment_id=payment.payment_id),
        licensing.ReadInvoice(subject_id=stranger, invoice_id=invoice.invoice_id),
        licensing.RecordTransfer(order_id=uuid4()),
    ):
        assert await driver.status(request) == 404


async def test_partial_refunds_then_the_rest(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    key = await driver.key(person)
    part = await driver.played(payment.reference, "refund.made", 10_000)
    await all_of(*(driver.ask(part) for _ in range(5)))
    assert (await driver.ask(licensing.ValidateLicense(key=key))).code == "VALID"
    await driver.ask(await driver.played(payment.reference, "refund.made", payment.amount - 10_000))
    assert (await driver.ask(licensing.ValidateLicense(key=key))).code == "ENDED"
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    assert (order.state, order.refunded) == ("refunded", payment.amount)
    issued = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert sorted(i.kind for i in issued) == ["correction", "correction", "invoice"]
    assert [sum(getattr(i, money) for i in issued) for money in ("net", "vat", "gross")] == [0, 0, 0]
    await check_gapless(driver)


async def test_a_correction_in_a_later_year_keeps_the_corrected_invoice_alive(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    for age in AGE:  # as if it had been sold two years ago
        await driver.rows.execute(age, person)
    assert {end.year for end in await driver.ends("invoice", person)} == {today().year + 4}
    await driver.ask(await driver.played(payment.reference, "refund.made"))
    for table in ("invoice", "purchase", "payment", "refund"):
        assert {end.year for end in await driver.ends(table, person)} == {today().year + 6}


async def test_a_consumer_abroad_pays_the_vat_of_the_country(driver: Driver) -> None:
    german = await driver.person(country="DE")
    await driver.buy(german)
    (invoice,) = await invoices_of(driver, german)
    assert (invoice.vat_rate, invoice.vat_note) == (1900, "OSS")


@pytest.mark.parametrize(
    ("country", "ip"), [("DE", "203.0.113.7"), ("FR", "2001:db8::7"), ("SK", ""), ("PL", "203.0.113.7")]
)
async def test_country_kind_and_time_are_the_evidence_and_the_address_goes_after_90_days(
    driver: Driver, country: str, ip: str
) -> None:
    person = await driver.person(country)
    await driver.buy(person, ip=ip)
    evidence = await driver.rows.fetch("SELECT * FROM tax_evidence WHERE subject_id = $1", person)
    kept = [(row["kind"], row["country"], row["retain_until"].year) for row in evidence]
    assert kept == ([] if country == "PL" else [("billing address", country, today().year + 10)])
    assert not any("203.0.113" in str(row) or "2001:db8" in str(row) for row in evidence)
    last = "UPDATE purchase_origin SET purge_after = purge_after - $2::integer WHERE subject_id = $1"
    for days, left in ((90, 1 if ip else 0), (1, 0)):
        await driver.rows.execute(last, person, days)
        await run_today(driver.resources.database, RETENTION)
        assert await driver.count("purchase_origin", person) == left
    assert await driver.rows.fetch("SELECT * FROM tax_evidence WHERE subject_id = $1", person) == evidence


async def invoices_of(driver: Driver, person: UUID) -> tuple[licensing.Invoice, ...]:
    listed: licensing.Invoices = await driver.ask(licensing.ListInvoices(subject_id=person))
    return listed.invoices


BUYER = ("buyer_name", "buyer_company", "buyer_nip", "buyer_vat_number", "buyer_street", "buyer_country")
MOVE = """
UPDATE account SET full_name = 'Ewa', company = 'Inna', nip = '5260250274', vat_number = 'FR61954506077',
  street = 'Krótka 2', country = $2, kind = 'person' WHERE subject_id = $1
"""


@pytest.mark.parametrize(
    ("country", "kind", "vat_number", "vat"),
    [
        ("DE", "company", "DE136695976", 0),
        ("GR", "sole trader", "EL094259216", 0),
        ("GB", "company", "XI980780684", 0),
        ("PL", "company", "", 9177),
        ("DE", "person", "", 7581),
    ],
)
@pytest.mark.parametrize("moved", ["PL", "US", "CZ"])
async def test_what_changes_between_order_and_payment_changes_nothing(
    driver: Driver, country: str, kind: str, vat_number: str, vat: int, moved: str
) -> None:
    person = await driver.person(country, kind, vat_number)
    ordered = await driver.accounts.fetchrow("SELECT * FROM account WHERE subject_id = $1", person)
    assert ordered is not None
    professional = True if kind == "sole trader" else None
    payment = await driver.start(person, await driver.order(person, professional=professional))
    await driver.accounts.execute(MOVE, person, moved)
    await driver.ask(await driver.played(payment.reference, "payment.confirmed"))
    (invoice,) = await invoices_of(driver, person)
    columns = ("full_name", "company", "nip", "vat_number", "street", "country")
    assert [getattr(invoice, name) for name in BUYER] == [ordered[name] for name in columns]
    assert invoice.vat == vat
    assert (invoice.vat_note == "odwrotne obciążenie") is (vat == 0)
    assert await driver.count("purchase_buyer", person) == 0  # it is the invoice that holds the buyer from now on


CHANGED = {
    "seller": "Nowa sp. z o.o.",
    "seller_nip": "5260250274",
    "seller_address": "Nowa 1, 00-001 Warszawa",
    "bank_account": "DE89370400440532013000",
}
SOLD_BY = (*CHANGED, "currency")


def sold_by(invoice: licensing.Invoice) -> tuple[str, ...]:
    return tuple(getattr(invoice, name) for name in SOLD_BY)


async def test_an_invoice_names_who_sold_whoever_sells_today(servers: Servers) -> None:
    """The settings change between two starts of the service; a correction belongs to what it corrects."""
    harness = await harnesses.build(servers, [LICENSING, IDENTITY, PRIVACY])
    try:
        async with drivers.at_work(harness) as driver:
            by_card, by_transfer = await driver.person(), await driver.person(kind="company")
            payment = await driver.buy(by_card)
            await driver.order(by_transfer, pay_by="transfer")
            before = [await invoices_of(driver, person) for person in (by_card, by_transfer)]
        assert sold_by(before[0][0])[2:] == ("Łapiguz 10, 22-400 Zamość", "", "PLN")
        harness.settings.update(CHANGED)
        async with drivers.at_work(harness) as later:
            assert [await invoices_of(later, person) for person in (by_card, by_transfer)] == before
            await later.ask(await later.played(payment.reference, "refund.made"))
            correction, invoice = sorted(await invoices_of(later, by_card), key=lambda each: each.kind)
            assert sold_by(correction) == sold_by(invoice)
            buyer = await later.person(kind="company")
            await later.order(buyer, pay_by="transfer")
            (newest,) = await invoices_of(later, buyer)
            assert sold_by(newest) == (*CHANGED.values(), "PLN")
    finally:
        await harnesses.tear_down(harness)


async def test_an_invoice_from_before_keeps_the_seller_that_it_named(driver: Driver) -> None:
    paid, unpaid = await driver.person(), await driver.person(kind="company")
    await driver.buy(paid)
    await driver.order(unpaid, pay_by="transfer")
    await driver.erase(paid, terminate=True)
    whole = "SELECT * FROM invoice WHERE subject_id = ANY ($1) ORDER BY number"
    before = await driver.rows.fetch(whole, [paid, unpaid])
    older = "UPDATE invoice SET seller = '', seller_nip = '', seller_address = '', currency = '', bank_account = ''"
    await driver.rows.execute(f"{older} WHERE subject_id = ANY ($1)", [paid, unpaid])
    vendor = wire(driver.resources)["vendor"]
    assert not await older_invoices.name_sellers(driver.resources.database, vendor)
    assert await driver.rows.fetch(whole, [paid, unpaid]) == before


async def test_nobody_goes_without_vat_for_the_minute_of_an_order(driver: Driver) -> None:
    """A firm whose country is changed by PATCH, and changed back after the order."""
    person = await driver.person(kind="company")
    for country in ("DE", "US", "XX", "ZZ"):
        await driver.accounts.execute("UPDATE account SET country = $2 WHERE subject_id = $1", person, country)
        for pay_by in ("card", "transfer"):
            assert await driver.status(order_of(person, pay_by=pay_by, product="studio-perpetual")) == 422
    assert await driver.counts(person) == {}


@pytest.mark.parametrize("ends", ["cancelled", "expired"])
async def test_the_buyer_of_an_order_that_nobody_paid_ends_with_it(driver: Driver, ends: str) -> None:
    person, other = await driver.person(), await driver.person()
    order_id, _ = await driver.order(person), await driver.order(other)
    assert await driver.count("purchase_buyer", person) == 1
    if ends == "cancelled":
        await driver.ask(licensing.CancelOrder(subject_id=person, order_id=order_id))
    else:
        age = "UPDATE purchase SET placed_at = placed_at - interval '8 days' WHERE subject_id = $1"
        await driver.rows.execute(age, person)
        await due_dates.step(driver.resources.database)
    assert await driver.count("purchase", person, "state = 'cancelled'") == 1
    assert await driver.count("purchase_buyer", person) == 0
    assert await driver.count("purchase_buyer", other) == 1


async def test_an_order_is_checked_before_anything_is_written(driver: Driver) -> None:
    person, company, american = await driver.person(), await driver.person(kind="company"), await driver.person("US")
    stale = "UPDATE account SET nip = '0000000000' WHERE subject_id = $1"
    unnumbered = await driver.person(kind="sole trader")
    await driver.accounts.execute(stale, unnumbered)
    german, false = await driver.person("DE", "company"), await driver.person("DE", "company", "DE136695977")
    for request, field in (
        (order_of(person, product="nothing"), "product"),
        (order_of(person, ip="1.2.3"), "ip"),
        (order_of(person, terms_version="made up"), "terms_version"),
        (order_of(person, terms_version="2025-12"), "terms_version"),
        (order_of(company, terms_version="2026-01 "), "terms_version"),
        (order_of(person, pay_by="transfer"), "pay_by"),
        (order_of(company, accepts_terms=False), "accepts_terms"),
        (order_of(american), "country"),
        (order_of(unnumbered), "nip"),
        (order_of(german), "vat_number"),
        (order_of(false), "vat_number"),
    ):
        with pytest.raises(Refused) as refused:
            await driver.ask(request)
        assert (refused.value.problem.status, refused.value.problem.errors[0].field) == (422, field)
    for anybody in (person, company, american, unnumbered, german, false):
        assert await driver.counts(anybody) == {}


async def test_an_order_keeps_what_was_agreed_to(driver: Driver) -> None:
    person = await driver.person()
    now_in_force = await driver.ask(licensing.ReadTerms())
    assert now_in_force == await driver.ask(licensing.ReadTerms(version=now_in_force.version))
    assert hashlib.sha256((now_in_force.text_pl + now_in_force.text_en).encode()).hexdigest() == now_in_force.sha256
    await driver.order(person, terms_version=now_in_force.version)
    agreed = await driver.rows.fetchrow("SELECT * FROM purchase_terms WHERE subject_id = $1", person)
    assert agreed is not None
    assert (agreed["terms_version"], agreed["terms_sha256"]) == (now_in_force.version, now_in_force.sha256)
    assert await driver.status(licensing.ReadTerms(version="2025-12")) == 404


async def test_staff_change_the_catalogue_and_old_orders_keep_their_terms(driver: Driver) -> None:
    person = await driver.person()
    put = licensing.PutProduct(code="new-tool", name="New Tool", net=1000, device_limit=2)
    await driver.ask(put)
    await driver.order(person, product="new-tool")
    await driver.ask(put.model_copy(update={"net": 2000, "on_sale": False}))
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    assert order.net == 1000
    assert await driver.status(order_of(person, product="new-tool")) == 422
