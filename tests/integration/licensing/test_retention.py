"""What licensing keeps of the living ends on its day: the sale by tax law, the license by its claims."""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from deploy.local.servers import Servers
from services.licensing.app import SERVICE
from shared.clock import today
from shared.contracts import licensing
from shared.contracts.privacy import KnownHold
from shared.personal_data import holds
from shared.personal_data.retention.run_rows import Ran
from shared.purposes import Purpose
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver
from tests.retention import A_DAY, purged, run_as_of

TAX_ENDS = date(today().year + 7, 1, 1)
"""The first day on which nothing of today's sale is kept by tax law."""
CONTRACT = {"license": 1, "purchase": 1, "purchase_terms": 1}
TAX_HOLD = "Ordynacja podatkowa art. 86 § 1, art. 70 §§ 2-7"


@pytest.fixture(scope="module")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    """Of its own: a run ends what is over, whosever it is."""
    async with drivers.opened(servers) as opened:
        yield opened


async def runs(driver: Driver, day: date) -> Ran:
    return await run_as_of(driver.resources.database, SERVICE.retention, day)


async def sold(driver: Driver, country: str = "PL") -> UUID:
    person = await driver.person(country)
    await driver.buy(person)
    return person


async def place(driver: Driver, person: UUID, *scope: str, provision: str = TAX_HOLD) -> KnownHold:
    hold = KnownHold(
        hold_id=uuid4(),
        subject_id=person,
        scope=scope,
        version=1,
        provision=provision,
        exemption="GDPR Art. 17(3)(b)",
        review_on=today() + timedelta(days=300),
    )
    await apply(driver, hold)
    return hold


async def apply(driver: Driver, hold: KnownHold) -> None:
    async with driver.resources.database.transaction(Purpose.LEGAL_DUTY) as tx:
        await holds.apply(tx, [hold])


async def test_the_records_of_a_sale_end_with_its_tax_and_not_a_day_before(driver: Driver) -> None:
    person = await sold(driver)
    before = await driver.counts(person)
    assert before["invoice"] == before["payment"] == 1
    await runs(driver, TAX_ENDS - A_DAY)
    left = await driver.counts(person)
    assert left == {name: count for name, count in before.items() if name != "purchase_origin"}
    ran = await runs(driver, TAX_ENDS)
    assert await driver.counts(person) == CONTRACT, "the contract has run out, and may be disputed still"
    assert purged(ran, "invoice").rows >= 1
    assert (purged(ran, "invoice").retention, purged(ran, "purchase").cut_off) == ("R-TAX", TAX_ENDS)
    assert purged(ran, "purchase").skips["its license is kept"] >= 1


async def test_a_contract_ends_when_its_claims_are_time_barred(driver: Driver) -> None:
    person = await sold(driver)
    barred = date(today().year + 8, 1, 1)  # a year of term, six until the end of a year
    await runs(driver, barred - A_DAY)
    assert await driver.counts(person) == CONTRACT
    await runs(driver, barred)
    assert await driver.counts(person) == {}
    assert await driver.rows.fetchval("SELECT live FROM subject WHERE subject_id = $1", person), "nobody was erased"


async def test_the_proof_of_an_oss_sale_ends_with_the_tenth_year(driver: Driver) -> None:
    person = await sold(driver, "DE")
    ends = date(today().year + 11, 1, 1)
    await runs(driver, ends - A_DAY)
    assert await driver.counts(person) == {"invoice": 1, "payment": 1, "purchase": 1, "purchase_terms": 1} | {
        "tax_evidence": 1
    }
    await runs(driver, ends)
    assert await driver.counts(person) == {}


async def test_the_address_of_an_order_ends_after_ninety_days(driver: Driver) -> None:
    person = await sold(driver)
    await runs(driver, today() + timedelta(days=90))
    assert await driver.count("purchase_origin", person) == 1
    await runs(driver, today() + timedelta(days=91))
    assert await driver.count("purchase_origin", person) == 0


async def test_a_tax_hold_keeps_what_is_over_until_its_release_and_is_listed(driver: Driver) -> None:
    person = await sold(driver)
    hold = await place(driver, person, "D9", "D17")
    ran = await runs(driver, TAX_ENDS)
    assert await driver.counts(person) == CONTRACT | {"invoice": 1, "payment": 1}
    assert purged(ran, "invoice").skips[f"hold: {TAX_HOLD}"] == 1
    await apply(driver, hold.model_copy(update={"version": 2, "review_on": None}))
    ran = await runs(driver, TAX_ENDS)
    assert await driver.counts(person) == CONTRACT
    assert f"hold: {TAX_HOLD}" not in purged(ran, "invoice").skips


async def test_a_restriction_stops_the_purge_and_is_listed(driver: Driver) -> None:
    """GDPR Art. 18(2): but for storage nothing is done, and a deletion is something."""
    person, other = await sold(driver), await sold(driver)
    forbid = "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, '*', false, 1)"
    await driver.rows.execute(forbid, person)
    ran = await runs(driver, TAX_ENDS)
    assert await driver.count("invoice", person) == 1
    assert await driver.count("invoice", other) == 0
    assert purged(ran, "invoice").skips["restriction"] == 1
    await driver.rows.execute("DELETE FROM permission WHERE subject_id = $1", person)
    await runs(driver, TAX_ENDS)
    assert await driver.count("invoice", person) == 0


async def test_what_a_restriction_of_a_part_keeps_holds_up_nobody_else(driver: Driver) -> None:
    """The invoice of somebody whose address is restricted keeps the order on which it hangs, and that one alone."""
    person, other = await sold(driver), await sold(driver)
    forbid = "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, '*D3', false, 1)"
    await driver.rows.execute(forbid, person)
    await runs(driver, date(today().year + 8, 1, 1))
    assert await driver.counts(person) == {"invoice": 1, "purchase": 1, "purchase_terms": 1}
    assert await driver.counts(other) == {}
    await driver.rows.execute("DELETE FROM permission WHERE subject_id = $1", person)


async def test_a_debt_holds_its_invoice_until_it_is_time_barred(driver: Driver) -> None:
    """Whatever tax law says: here the buyer was given years to pay."""
    person = await driver.person(kind="company")
    await driver.order(person, pay_by="transfer")
    due_on = date(today().year + 5, 6, 1)
    await driver.rows.execute("UPDATE invoice SET due_on = $2 WHERE subject_id = $1", person, due_on)
    barred = date(due_on.year + 4, 1, 1)
    await runs(driver, barred - A_DAY)
    assert await driver.count("invoice", person) == 1
    await runs(driver, barred)
    assert await driver.count("invoice", person) == 0


async def test_an_order_that_was_never_paid_ends_when_nobody_could_claim_its_price(driver: Driver) -> None:
    person = await driver.person()
    order_id = await driver.order(person)
    await driver.start(person, order_id)
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=order_id))
    ends = date(today().year + 3, 1, 1)
    await runs(driver, ends - A_DAY)
    assert await driver.counts(person) == {"payment": 1, "purchase": 1, "purchase_terms": 1}
    await runs(driver, ends)
    assert await driver.counts(person) == {}


async def test_a_contract_without_a_term_keeps_its_order(driver: Driver) -> None:
    person = await driver.person()
    await driver.buy(person, product="studio-perpetual")
    await runs(driver, date(today().year + 30, 1, 1))
    assert await driver.counts(person) == CONTRACT


async def test_a_correction_and_its_refund_end_before_what_they_correct(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    await driver.ask(await driver.played(payment.reference, "refund.made"))
    assert (await driver.counts(person))["refund"] == 1
    await runs(driver, TAX_ENDS)
    assert {"invoice", "payment", "refund"} & set(await driver.counts(person)) == set()


async def test_what_a_run_did_is_evidence_with_privacy(driver: Driver) -> None:
    """Example 13 of the reference: class, count, cut-off and skips; a record without a class is the kit's test."""
    await sold(driver)
    ran = await runs(driver, TAX_ENDS)
    async with driver.harness.superuser("privacy") as rows:
        noted = "SELECT purges FROM retention_evidence WHERE service = 'licensing' AND run_id = $1 AND whole"
        purges = json.loads(await eventually(lambda: rows.fetchval(noted, ran.run_id)))
        entry = """SELECT count(*) FROM evidence_entry e WHERE act = 'retention_evidence' AND about = $1::text"""
        assert await eventually(lambda: rows.fetchval(entry, str(ran.run_id))) == 1
    (invoices,) = [each for each in purges if each["what"] == "invoice"]
    assert invoices["rows"] == purged(ran, "invoice").rows >= 1
    assert (invoices["retention"], invoices["cut_off"]) == ("R-TAX", TAX_ENDS.isoformat())
