"""Erasure of buyers through the real kit: what goes, what the law keeps, what a running contract needs."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from services.licensing.app import SERVICE
from services.licensing.data_map import DATA_MAP
from services.licensing.jobs import due_dates
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.licensing import ActivateLicense, DeactivateLicense, ValidateLicense
from shared.contracts.privacy import OrderedSubject
from shared.personal_data.erasure import erase
from shared.personal_data.retention_run import end_retention
from shared.purposes import Purpose
from tests.house import eventually
from tests.integration.licensing import shop as shops
from tests.integration.licensing.shop import Shop, all_of

TAX = {"invoice": 1, "payment": 1, "purchase": 1}
RUNNING = {"activation": 1, "license": 1, "purchase_terms": 1}
REPORTED = """
SELECT t -> 'outcome' ->> 0 FROM erasure_report r, json_array_elements(r.body::json -> 'tables') t
WHERE r.body::json -> 'subjects' ->> 0 = $1 AND t ->> 'table' = $2
"""


async def bought(shop: Shop, country: str = "PL") -> tuple[UUID, licensing.Payment, str]:
    """Somebody with a paid license, active on one device: person, payment, key."""
    person = await shop.person(country)
    payment = await shop.buy(person)
    key = await shop.key(person)
    assert (await shop.ask(ActivateLicense(key=key, fingerprint="laptop-1"))).valid
    return person, payment, key


async def outcome(shop: Shop, person: UUID, table: str) -> str:
    return str(await shop.rows.fetchval(REPORTED, str(person), table))


async def test_an_ended_contract_leaves_the_tax_set_alone(shop: Shop) -> None:
    person, _, key = await bought(shop)
    await shop.erase(person, terminate=True)
    assert await shop.counts(person) == TAX
    assert await shop.live_rows(person) == 0
    until = date(today().year + 6, 12, 31)
    assert [await shop.ends(table, person) for table in TAX] == [{until}] * 3
    assert [await outcome(shop, person, t) for t in ("invoice", "license", "purchase_origin", "refund")] == [
        "retained",
        "purged",
        "purged",
        "nothing_held",
    ]
    assert (await shop.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    invoice = await shop.rows.fetchrow("SELECT exemptions, review_at FROM invoice WHERE subject_id = $1", person)
    assert invoice is not None
    assert (invoice["exemptions"], invoice["review_at"]) == (["GDPR Art. 17(3)(b)"], None)
    for request in (
        licensing.ListInvoices(subject_id=person),
        licensing.ListOrders(subject_id=person),
        licensing.ListLicenses(subject_id=person),
    ):
        assert await shop.status(request) == 410


async def test_the_proof_of_an_oss_sale_outlives_the_erasure(shop: Shop) -> None:
    person, _, _ = await bought(shop, "DE")
    await shop.erase(person, terminate=True)
    assert await shop.counts(person) == TAX | {"purchase_origin": 1}
    assert await shop.ends("purchase_origin", person) == {date(today().year + 10, 12, 31)}


async def test_a_contract_that_was_not_ended_goes_on_working(shop: Shop) -> None:
    person, _, key = await bought(shop)
    await shop.erase(person, terminate=False)
    assert await shop.counts(person) == TAX | RUNNING
    assert await shop.live_rows(person) == 0
    assert await outcome(shop, person, "license") == "refused"
    kept = await shop.rows.fetchrow("SELECT * FROM license WHERE subject_id = $1", person)
    assert kept is not None
    assert (kept["sealed_key"], kept["exemptions"]) == (None, ["GDPR Art. 17(1)(a) not met"])
    assert today() < kept["review_at"] <= today() + timedelta(days=366)
    assert (await shop.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).code == "VALID"
    answers = await all_of(*(shop.ask(ActivateLicense(key=key, fingerprint=f"device-{n:03}")) for n in range(10)))
    assert sorted(answer.code for answer in answers) == ["TOO_MANY_DEVICES"] * 8 + ["VALID"] * 2
    assert await shop.count("activation", person, "NOT live AND review_at IS NOT NULL") == 3
    await shop.ask(DeactivateLicense(key=key, fingerprint="laptop-1"))
    assert await shop.count("activation", person) == 2


async def test_a_contract_that_outlived_the_account_ends_by_a_second_erasure(shop: Shop) -> None:
    """The order reaches licensing again, this time with the contract to be ended."""
    person, _, key = await bought(shop)
    await shop.erase(person, terminate=False)
    await _erase_here(shop, person)
    assert await shop.counts(person) == TAX
    assert (await shop.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    assert (
        await shop.count(
            "purchase", person, "review_at IS NULL AND array_to_string(provisions, ' ') NOT LIKE '%umowa%'"
        )
        == 1
    )


async def test_a_contract_that_is_kept_again_names_its_reason_once(shop: Shop) -> None:
    """Guard: `array_remove` before `array_append`; the order carries the reason twice or three times without it."""
    person, _, _ = await bought(shop)
    await shop.erase(person, terminate=False)
    kept = "SELECT provisions, exemptions FROM purchase WHERE subject_id = $1"
    once = await shop.rows.fetchrow(kept, person)
    await _erase_here(shop, person, terminate=False)
    await shop.rows.execute("UPDATE license SET review_at = $2 WHERE subject_id = $1", person, today())
    await due_dates.step(shop.kit.database)
    assert await shop.rows.fetchrow(kept, person) == once
    assert await shop.count("purchase", person, "review_at > now() AND cardinality(exemptions) = 2") == 1


async def _erase_here(shop: Shop, person: UUID, *, terminate: bool = True) -> None:
    """Licensing's part alone."""
    again = OrderedSubject(subject_id=person, case_id=uuid4(), terminate_contract=terminate)
    async with shop.kit.database.transaction(Purpose.ERASURE) as tx:
        await erase(tx, SERVICE.eraser, uuid4(), [again])


async def test_a_contract_that_outlived_the_account_ends_with_its_term(shop: Shop) -> None:
    person, _, key = await bought(shop)
    await shop.erase(person, terminate=False)
    later = "UPDATE license SET review_at = $2 WHERE subject_id = $1"
    await shop.rows.execute(later, person, today())
    await due_dates.step(shop.kit.database)  # looked at: it still runs
    assert await shop.counts(person) == TAX | RUNNING
    assert await shop.count("license", person, "review_at > now()") == 1
    await shop.rows.execute(later, person, today())
    await shop.rows.execute("UPDATE license SET expires_at = $2 WHERE subject_id = $1", person, now())
    await due_dates.step(shop.kit.database)
    assert await shop.counts(person) == TAX
    assert (await shop.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    async with shop.house.superuser("privacy") as database:

        async def second_page() -> object:
            return await database.fetchval("SELECT true FROM second_page WHERE $1 = ANY (subjects) LIMIT 1", person)

        assert await eventually(second_page)


async def test_a_refund_after_the_erasure_is_a_statutory_record(shop: Shop) -> None:
    person, payment, _ = await bought(shop)
    await shop.erase(person, terminate=True)
    part = await shop.played(payment.reference, "refund.made", 5_000)
    await all_of(*(shop.ask(part) for _ in range(5)))
    assert await shop.counts(person) == TAX | {"invoice": 2, "refund": 1}
    await shop.ask(await shop.played(payment.reference, "refund.made", payment.amount - 5_000))
    assert await shop.counts(person) == TAX | {"invoice": 3, "refund": 2}
    assert await shop.live_rows(person) == 0
    assert await shop.count("invoice", person, "retain_until IS NULL OR provisions IS NULL") == 0
    assert await shop.count("refund", person, "exemptions = ARRAY['GDPR Art. 17(3)(b)']") == 2
    assert await shop.count("purchase", person, "state = 'refunded'") == 1


async def test_a_full_refund_ends_a_contract_that_outlived_the_account(shop: Shop) -> None:
    person, payment, key = await bought(shop)
    await shop.erase(person, terminate=False)
    await shop.ask(await shop.played(payment.reference, "refund.made"))
    assert await shop.counts(person) == TAX | {"invoice": 2, "refund": 1}
    assert (await shop.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    assert await shop.live_rows(person) == 0


async def test_a_payment_confirmed_after_the_erasure_is_sent_back(shop: Shop) -> None:
    person = await shop.person()
    order_id = await shop.order(person)
    payment = await shop.start(person, order_id)
    late = await shop.played(payment.reference, "payment.confirmed")
    await shop.erase(person, terminate=False)
    assert await shop.counts(person) == {}
    await all_of(*(shop.ask(late) for _ in range(5)))

    async def sent_back() -> object:
        sql = "SELECT sent_back_at FROM void_payment WHERE reference = $1"
        return await shop.rows.fetchval(sql, payment.reference)

    await eventually(sent_back)
    assert await shop.counts(person) == {}


async def test_nobody_buys_after_the_erasure_although_identity_is_late(shop: Shop) -> None:
    person, _, _ = await bought(shop)
    order_id = await shop.order(person)
    await _erase_here(shop, person)
    assert await shop.status(shops.order_of(person)) == 410
    assert await shop.status(licensing.StartPayment(subject_id=person, order_id=order_id)) == 410
    assert await shop.counts(person) == TAX


async def test_a_payment_is_confirmed_later_when_identity_was_earlier(shop: Shop) -> None:
    """No invoice without its buyer: the provider is told to send it again, and then the money goes back."""
    person = await shop.person()
    payment = await shop.start(person, await shop.order(person))
    webhook = await shop.played(payment.reference, "payment.confirmed")
    await shop.accounts.execute("DELETE FROM account WHERE subject_id = $1", person)
    assert await shop.status(webhook) == 409
    await _erase_here(shop, person)
    assert await shop.status(webhook) == 200
    assert await shop.counts(person) == {}


async def test_activations_during_the_erasure_leave_nothing(shop: Shop) -> None:
    person, _, key = await bought(shop)
    activations = (shop.ask(ActivateLicense(key=key, fingerprint=f"device-{n % 2:03}")) for n in range(40))
    await all_of(shop.erase(person, terminate=True), *activations)
    assert await shop.counts(person) == TAX
    assert await shop.live_rows(person) == 0


async def test_a_debt_is_held_until_it_is_paid(shop: Shop) -> None:
    person = await shop.person(kind="sole trader")
    order_id = await shop.order(person, pay_by="transfer")
    await shop.erase(person, terminate=True)
    held = await shop.rows.fetchrow("SELECT review_at, exemptions FROM invoice WHERE subject_id = $1", person)
    assert held is not None
    assert held["review_at"] > today()
    assert "GDPR Art. 17(3)(e)" in held["exemptions"]
    await shop.ask(licensing.RecordTransfer(order_id=order_id))
    assert await shop.count("invoice", person, "review_at IS NULL AND exemptions = ARRAY['GDPR Art. 17(3)(b)']") == 1
    assert await shop.count("purchase", person, "state = 'paid'") == 1
    assert await shop.ends("invoice", person) == {date(today().year + 6, 12, 31)}


async def test_erasure_and_payments_at_once_leave_nothing_live(shop: Shop) -> None:
    people = [await shop.person() for _ in range(12)]
    payments = [await shop.start(person, await shop.order(person)) for person in people]
    webhooks = [await shop.played(payment.reference, "payment.confirmed") for payment in payments]
    await all_of(
        *(shop.erase(person, terminate=True) for person in people),
        *(shop.ask(webhook) for webhook in webhooks),
    )
    await all_of(*(shop.ask(webhook) for webhook in webhooks))  # the provider insists
    for person, payment in zip(people, payments, strict=True):
        assert await shop.live_rows(person) == 0
        paid = await shop.count("payment", person) == 1
        assert await shop.counts(person) == (TAX if paid else {})
        void = await shop.rows.fetchval("SELECT true FROM void_payment WHERE reference = $1", payment.reference)
        assert bool(void) is not paid


async def test_retention_ends_on_its_day_and_not_before(shop: Shop) -> None:
    person, payment, _ = await bought(shop)
    await shop.ask(await shop.played(payment.reference, "refund.made"))
    await shop.erase(person, terminate=True)
    last = date(today().year + 6, 12, 31)
    before = await shop.counts(person)
    await end_retention(shop.kit.database, DATA_MAP, last)
    assert await shop.counts(person) == before == TAX | {"invoice": 2, "refund": 1}
    await end_retention(shop.kit.database, DATA_MAP, last + timedelta(days=1))
    assert await shop.counts(person) == {}
