"""Erasure of buyers through the real kit: what goes, what the law keeps, what a running contract needs."""

from datetime import date, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from services.licensing.app import SERVICE
from services.licensing.data_map import DATA_MAP
from services.licensing.jobs import due_dates
from shared.clock import now, today
from shared.contracts import licensing
from shared.contracts.licensing import ActivateLicense, CheckOutLicense, DeactivateLicense, ValidateLicense
from shared.contracts.privacy import KnownHold, OrderedSubject
from shared.personal_data import holds
from shared.personal_data.erasure import erase
from shared.personal_data.retention_run import end_retention
from shared.purposes import Purpose
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver, all_of

TAX = {"invoice": 1, "payment": 1, "purchase": 1, "purchase_terms": 1}
"""What the law keeps of a sale: for taxes, and what was agreed to while claims run."""
LIMIT_DEACTIVATIONS = """
WITH limited AS (INSERT INTO policy (product, edition, version, months, devices, max_deactivations)
  SELECT product, edition, 100, months, devices, 1 FROM policy WHERE (product, version) = ('auditor-year', 1)
  RETURNING version)
UPDATE license SET policy_version = limited.version FROM limited WHERE subject_id = $1
"""
COUNTS_NO_MORE = "UPDATE license SET deactivated_at = ARRAY[now() - interval '30 days'] WHERE subject_id = $1"
RUNNING = {"activation": 1, "license": 1}
HELD = "NOT live AND review_at > now() AND exemptions = ARRAY['GDPR Art. 17(3)(e)']"
OLDER = """
UPDATE invoice SET review_at = $2, provisions = array_append(provisions, 'unpaid debt: KC art. 118'),
  exemptions = array_append(exemptions, 'GDPR Art. 17(3)(e)')
WHERE subject_id = $1
"""
REPORTED = """
SELECT t -> 'outcome' ->> 0 FROM erasure_report r, json_array_elements(r.body::json -> 'tables') t
WHERE r.body::json -> 'subjects' ->> 0 = $1 AND t ->> 'table' = $2
"""


async def bought(driver: Driver, country: str = "PL") -> tuple[UUID, licensing.Payment, str]:
    """Somebody with a paid license, active on one device: person, payment, key."""
    person = await driver.person(country)
    payment = await driver.buy(person)
    key = await driver.key(person)
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))).valid
    return person, payment, key


async def outcome(driver: Driver, person: UUID, table: str) -> str:
    return str(await driver.rows.fetchval(REPORTED, str(person), table))


async def test_an_ended_contract_leaves_the_tax_set_alone(driver: Driver) -> None:
    person, _, key = await bought(driver)
    await driver.erase(person, terminate=True)
    assert await driver.counts(person) == TAX
    assert await driver.live_rows(person) == 0
    until = date(today().year + 6, 12, 31)
    assert [await driver.ends(table, person) for table in TAX] == [{until}] * 4
    assert [await outcome(driver, person, t) for t in ("invoice", "license", "purchase_origin", "refund")] == [
        "retained",
        "purged",
        "purged",
        "nothing_held",
    ]
    assert (await driver.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    invoice = await driver.rows.fetchrow("SELECT exemptions, review_at FROM invoice WHERE subject_id = $1", person)
    assert invoice is not None
    assert (invoice["exemptions"], invoice["review_at"]) == (["GDPR Art. 17(3)(b)"], None)
    for request in (
        licensing.ListInvoices(subject_id=person),
        licensing.ListOrders(subject_id=person),
        licensing.ListLicenses(subject_id=person),
    ):
        assert await driver.status(request) == 410


async def test_the_proof_of_an_oss_sale_outlives_the_erasure(driver: Driver) -> None:
    person, _, _ = await bought(driver, "DE")
    await driver.erase(person, terminate=True)
    assert await driver.counts(person) == TAX | {"tax_evidence": 1}
    assert await driver.ends("tax_evidence", person) == {date(today().year + 10, 12, 31)}
    assert await outcome(driver, person, "purchase_origin") == "purged"


async def test_a_contract_that_was_not_ended_goes_on_working(driver: Driver) -> None:
    person, _, key = await bought(driver)
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1", label="Laptop Ani"))).valid
    assert await driver.count("activation", person, "label IS NOT NULL") == 1
    await driver.erase(person, terminate=False)
    assert await driver.counts(person) == TAX | RUNNING
    assert await driver.live_rows(person) == 0
    assert (await driver.ask(CheckOutLicense(key=key, fingerprint="laptop-1"))).code == "VALID"
    assert await outcome(driver, person, "license") == "refused"
    kept = await driver.rows.fetchrow("SELECT * FROM license WHERE subject_id = $1", person)
    assert kept is not None
    assert (kept["sealed_key"], kept["exemptions"]) == (None, ["GDPR Art. 17(1)(a) not met"])
    assert today() < kept["review_at"] <= today() + timedelta(days=366)
    assert (await driver.ask(ValidateLicense(key=key, fingerprint="laptop-1"))).code == "VALID"
    others = [ActivateLicense(key=key, fingerprint=f"device-{n:03}", label="Laptop Ani") for n in range(10)]
    answers = await all_of(*map(driver.ask, others))
    assert sorted(answer.code for answer in answers) == ["TOO_MANY_DEVICES"] * 8 + ["VALID"] * 2
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1", label="Laptop Ani"))).valid
    assert await driver.count("activation", person, "NOT live AND review_at IS NOT NULL AND label IS NULL") == 3
    await driver.rows.execute(LIMIT_DEACTIVATIONS, person)
    await driver.ask(DeactivateLicense(key=key, fingerprint="laptop-1"))
    assert await driver.count("activation", person, "freed_at IS NULL") == 2
    assert await driver.count("license", person, "cardinality(deactivated_at) = 1") == 1
    await driver.rows.execute(COUNTS_NO_MORE, person)
    await driver.rows.execute("UPDATE activation SET leased_until = now() WHERE subject_id = $1", person)
    await due_dates.step(driver.resources.database)
    assert await driver.count("activation", person) == 2
    assert await driver.count("license", person, "deactivated_at = '{}'") == 1


async def test_a_contract_that_outlived_the_account_ends_by_a_second_erasure(driver: Driver) -> None:
    """The order reaches licensing again, this time with the contract to be ended."""
    person, _, key = await bought(driver)
    await driver.erase(person, terminate=False)
    await _erase_here(driver, person)
    assert await driver.counts(person) == TAX
    assert (await driver.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    assert (
        await driver.count(
            "purchase", person, "review_at IS NULL AND array_to_string(provisions, ' ') NOT LIKE '%umowa%'"
        )
        == 1
    )


async def test_a_contract_that_is_kept_again_names_its_reason_once(driver: Driver) -> None:
    person, _, _ = await bought(driver)
    await driver.erase(person, terminate=False)
    kept = "SELECT provisions, exemptions FROM purchase WHERE subject_id = $1"
    once = await driver.rows.fetchrow(kept, person)
    await _erase_here(driver, person, terminate=False)
    await driver.rows.execute("UPDATE license SET review_at = $2 WHERE subject_id = $1", person, today())
    await due_dates.step(driver.resources.database)
    assert await driver.rows.fetchrow(kept, person) == once
    assert await driver.count("purchase", person, "review_at > now() AND cardinality(exemptions) = 2") == 1


async def _erase_here(driver: Driver, person: UUID, *, terminate: bool = True) -> None:
    """Licensing's part alone."""
    again = OrderedSubject(subject_id=person, case_id=uuid4(), terminate_contract=terminate)
    async with driver.resources.database.transaction(Purpose.ERASURE) as tx:
        await erase(tx, SERVICE.eraser, uuid4(), [again])


async def test_a_contract_that_outlived_the_account_ends_with_its_term(driver: Driver) -> None:
    person, _, key = await bought(driver)
    await driver.erase(person, terminate=False)
    later = "UPDATE license SET review_at = $2 WHERE subject_id = $1"
    await driver.rows.execute(later, person, today())
    await due_dates.step(driver.resources.database)  # looked at: it still runs
    assert await driver.counts(person) == TAX | RUNNING
    assert await driver.count("license", person, "review_at > now()") == 1
    await driver.rows.execute(later, person, today())
    await driver.rows.execute("UPDATE license SET expires_at = $2 WHERE subject_id = $1", person, now())
    await due_dates.step(driver.resources.database)
    assert await driver.counts(person) == TAX
    assert (await driver.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    async with driver.harness.superuser("privacy") as database:
        assert await eventually(
            lambda: database.fetchval("SELECT true FROM second_page WHERE $1 = ANY (subjects) LIMIT 1", person)
        )


async def test_a_refund_after_the_erasure_is_a_statutory_record(driver: Driver) -> None:
    person, payment, _ = await bought(driver)
    await driver.erase(person, terminate=True)
    part = await driver.played(payment.reference, "refund.made", 5_000)
    await all_of(*(driver.ask(part) for _ in range(5)))
    assert await driver.counts(person) == TAX | {"invoice": 2, "refund": 1}
    await driver.ask(await driver.played(payment.reference, "refund.made", payment.amount - 5_000))
    assert await driver.counts(person) == TAX | {"invoice": 3, "refund": 2}
    assert await driver.live_rows(person) == 0
    assert await driver.count("invoice", person, "retain_until IS NULL OR provisions IS NULL") == 0
    assert await driver.count("refund", person, "exemptions = ARRAY['GDPR Art. 17(3)(b)']") == 2
    assert await driver.count("purchase", person, "state = 'refunded'") == 1


async def test_a_full_refund_ends_a_contract_that_outlived_the_account(driver: Driver) -> None:
    person, payment, key = await bought(driver)
    await driver.erase(person, terminate=False)
    await driver.ask(await driver.played(payment.reference, "refund.made"))
    assert await driver.counts(person) == TAX | {"invoice": 2, "refund": 1}
    assert (await driver.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    assert await driver.live_rows(person) == 0


async def test_a_payment_confirmed_after_the_erasure_is_sent_back(driver: Driver) -> None:
    person = await driver.person()
    order_id = await driver.order(person)
    payment = await driver.start(person, order_id)
    late = await driver.played(payment.reference, "payment.confirmed")
    await driver.erase(person, terminate=False)
    assert await driver.counts(person) == {}
    await all_of(*(driver.ask(late) for _ in range(5)))

    async def sent_back() -> object:
        sql = "SELECT sent_back_at FROM void_payment WHERE reference = $1"
        return await driver.rows.fetchval(sql, payment.reference)

    await eventually(sent_back)
    assert await driver.counts(person) == {}


async def test_nobody_buys_after_the_erasure_although_identity_is_late(driver: Driver) -> None:
    person, _, _ = await bought(driver)
    order_id = await driver.order(person)
    await _erase_here(driver, person)
    assert await driver.status(drivers.order_of(person)) == 410
    assert await driver.status(licensing.StartPayment(subject_id=person, order_id=order_id)) == 410
    assert await driver.counts(person) == TAX


async def test_a_payment_counts_although_identity_erased_its_buyer_earlier(driver: Driver) -> None:
    """The order knows its buyer; what licensing does about the erasure comes with licensing's part of it."""
    person = await driver.person()
    payment = await driver.start(person, await driver.order(person))
    webhook = await driver.played(payment.reference, "payment.confirmed")
    await driver.accounts.execute("DELETE FROM account WHERE subject_id = $1", person)
    assert await driver.status(webhook) == 200
    assert await driver.count("invoice", person, "buyer_name = 'Anna Nowak'") == 1
    await _erase_here(driver, person)
    assert await driver.counts(person) == TAX


async def test_the_buyer_of_an_open_order_goes_with_the_erasure(driver: Driver) -> None:
    person = await driver.person()
    await driver.order(person)
    assert await driver.count("purchase_buyer", person) == 1
    await driver.erase(person, terminate=True)
    assert await driver.counts(person) == {}
    assert await outcome(driver, person, "purchase_buyer") == "purged"


async def test_activations_during_the_erasure_leave_nothing(driver: Driver) -> None:
    person, _, key = await bought(driver)
    activations = (driver.ask(ActivateLicense(key=key, fingerprint=f"device-{n % 2:03}")) for n in range(40))
    await all_of(driver.erase(person, terminate=True), *activations)
    assert await driver.counts(person) == TAX
    assert await driver.live_rows(person) == 0


async def test_a_debt_is_held_until_it_is_paid(driver: Driver) -> None:
    person = await driver.person(kind="sole trader")
    order_id = await driver.order(person, pay_by="transfer", professional=True)
    await driver.erase(person, terminate=True)
    assert await driver.counts(person) == {"invoice": 1, "purchase": 1, "purchase_terms": 1}
    assert [await outcome(driver, person, table) for table in ("invoice", "purchase_terms", "license")] == [
        "refused",
        "refused",
        "nothing_held",
    ]
    assert await driver.count("hold", person, HELD) == 1
    await driver.ask(licensing.RecordTransfer(order_id=order_id))
    assert await driver.count("hold", person, HELD) == 0
    await eventually(partial(gone, driver, person))
    assert await driver.count("invoice", person, "review_at IS NULL AND exemptions = ARRAY['GDPR Art. 17(3)(b)']") == 1
    assert await driver.count("purchase", person, "state = 'paid'") == 1
    assert await driver.ends("invoice", person) == {date(today().year + 6, 12, 31)}


async def gone(driver: Driver, person: UUID) -> bool:
    """What was kept for the debt alone is no more."""
    return await driver.count("purchase_terms", person) == 0


@pytest.mark.parametrize(("due_years_ago", "barred"), [(0, False), (3, False), (4, True), (6, True)])
async def test_a_debt_is_looked_at_again_until_it_is_time_barred(
    driver: Driver, due_years_ago: int, barred: bool
) -> None:
    """Three years to the end of a year, KC art. 118; after that tax law alone says how long."""
    person = await driver.person(kind="sole trader")
    order_id = await driver.order(person, pay_by="transfer", professional=True)
    await driver.erase(person, terminate=True)
    due_on = today().replace(year=today().year - due_years_ago, month=6, day=1)
    await driver.rows.execute("UPDATE invoice SET due_on = $2 WHERE subject_id = $1", person, due_on)
    await due_dates.step(driver.resources.database)
    assert await driver.count("hold", person, HELD) == (not barred)
    assert await driver.count("invoice", person, "retain_until IS NOT NULL") == 1
    await driver.ask(licensing.RecordTransfer(order_id=order_id))  # nothing is held for what comes after
    await eventually(partial(gone, driver, person))
    assert await driver.count("hold", person, HELD) == 0


async def test_what_was_held_before_there_were_holds_is_taken_over(driver: Driver) -> None:
    """Each unpaid invoice had a review of its own."""
    person = await driver.person(kind="sole trader")
    order_id = await driver.order(person, pay_by="transfer", professional=True)
    await driver.erase(person, terminate=True)
    await driver.rows.execute("DELETE FROM hold WHERE subject_id = $1", person)
    await driver.rows.execute(OLDER, person, today())
    await due_dates.step(driver.resources.database)
    assert await driver.count("invoice", person, "review_at IS NULL AND cardinality(provisions) = 1") == 1
    assert await driver.count("hold", person, HELD) == 1
    await driver.ask(licensing.RecordTransfer(order_id=order_id))
    await eventually(partial(gone, driver, person))


async def test_erasure_and_payments_at_once_leave_nothing_live(driver: Driver) -> None:
    people = [await driver.person() for _ in range(12)]
    payments = [await driver.start(person, await driver.order(person)) for person in people]
    webhooks = [await driver.played(payment.reference, "payment.confirmed") for payment in payments]
    await all_of(
        *(driver.erase(person, terminate=True) for person in people),
        *(driver.ask(webhook) for webhook in webhooks),
    )
    await all_of(*(driver.ask(webhook) for webhook in webhooks))  # the provider insists
    for person, payment in zip(people, payments, strict=True):
        assert await driver.live_rows(person) == 0
        paid = await driver.count("payment", person) == 1
        assert await driver.counts(person) == (TAX if paid else {})
        void = await driver.rows.fetchval("SELECT true FROM void_payment WHERE reference = $1", payment.reference)
        assert bool(void) is not paid


async def test_retention_ends_on_its_day_and_not_before(driver: Driver) -> None:
    person, payment, _ = await bought(driver)
    await driver.ask(await driver.played(payment.reference, "refund.made"))
    await driver.erase(person, terminate=True)
    last = date(today().year + 6, 12, 31)
    before = await driver.counts(person)
    await end_retention(driver.resources.database, DATA_MAP, last)
    assert await driver.counts(person) == before == TAX | {"invoice": 2, "refund": 1}
    await end_retention(driver.resources.database, DATA_MAP, last + timedelta(days=1))
    assert await driver.counts(person) == {}


async def test_what_hangs_on_an_order_is_held_with_it(driver: Driver) -> None:
    """A license can't stay without its order, which tax law lets go one day."""
    person, _, _ = await bought(driver)
    hold = known(person)
    await _know(driver, hold)
    await driver.erase(person, terminate=True)
    after_tax_law = date(today().year + 7, 1, 1)
    await end_retention(driver.resources.database, DATA_MAP, after_tax_law)
    assert await driver.counts(person) == {"activation": 1, "license": 1, "purchase": 1}
    await _know(driver, hold.model_copy(update={"review_on": None, "version": 2}))
    await end_retention(driver.resources.database, DATA_MAP, after_tax_law)
    assert await driver.counts(person) == {}


async def test_the_buyer_of_an_order_that_ends_stays_while_held(driver: Driver) -> None:
    person = await driver.person()
    order_id = await driver.order(person)
    hold = known(person).model_copy(update={"scope": ("*",)})
    await _know(driver, hold)
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=order_id))
    await due_dates.step(driver.resources.database)
    assert await driver.count("purchase", person, "state = 'cancelled'") == 1
    assert await driver.count("purchase_buyer", person) == 1
    await _know(driver, hold.model_copy(update={"review_on": None, "version": 2}))
    await due_dates.step(driver.resources.database)
    assert await driver.count("purchase_buyer", person) == 0


async def test_a_contract_that_ends_after_the_erasure_leaves_what_is_held(driver: Driver) -> None:
    person, _, key = await bought(driver)
    hold = known(person)
    await _know(driver, hold)
    await driver.erase(person, terminate=False)
    assert (await driver.ask(ValidateLicense(key=key))).valid
    over = "UPDATE license SET review_at = $2, expires_at = now() - interval '1 day' WHERE subject_id = $1"
    await driver.rows.execute(over, person, today())
    await due_dates.step(driver.resources.database)
    assert (await driver.ask(ValidateLicense(key=key))).code == "NOT_FOUND"
    assert await driver.counts(person) == TAX | {"activation": 1, "license": 1}
    await _know(driver, hold.model_copy(update={"review_on": None, "version": 2}))
    await end_retention(driver.resources.database, DATA_MAP)
    assert await driver.counts(person) == TAX


def known(person: UUID) -> KnownHold:
    """A hold on somebody's licenses."""
    return KnownHold(
        hold_id=uuid4(),
        subject_id=person,
        scope=("D8",),
        provision="KC art. 118",
        exemption="GDPR Art. 17(3)(e)",
        review_on=today() + timedelta(days=90),
        version=1,
    )


async def _know(driver: Driver, hold: KnownHold) -> None:
    async with driver.resources.database.transaction(Purpose.LEGAL_DUTY) as tx:
        await holds.apply(tx, [hold])
