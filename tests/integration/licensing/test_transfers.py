"""Payment by transfer: where it is offered, what a demand for payment says, and when the key comes."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from deploy.local.servers import Servers
from services.licensing.jobs import due_dates
from shared.clock import today
from shared.contracts import licensing
from shared.problems import Refused
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver, all_of, order_of

IBAN = "PL61109010140000071219812874"
YEAR = 49077  # auditor-year, gross
FACTS = "SELECT facts FROM service_mail WHERE subject_id = $1 AND template = $2"


@pytest.fixture(scope="module")
async def trusting(servers: Servers) -> AsyncIterator[Driver]:
    """A shop whose staff let each buyer owe 1,000 zl."""
    async with drivers.opened(servers, settings={"credit_limit": 100_000}) as shop:
        yield shop


async def refusal(driver: Driver, person: UUID) -> tuple[int, str]:
    with pytest.raises(Refused) as refused:
        await driver.ask(order_of(person, pay_by="transfer"))
    return refused.value.problem.status, refused.value.problem.errors[0].field


async def letter(driver: Driver, person: UUID, template: str) -> str:
    return str(await eventually(lambda: driver.accounts.fetchval(FACTS, person, template)))


@pytest.mark.parametrize(("country", "kind", "number"), [("PL", "sole trader", ""), ("DE", "company", "DE136695976")])
@pytest.mark.parametrize("product", ["auditor-month", "studio-perpetual"])
async def test_the_key_comes_with_the_money(driver: Driver, country: str, kind: str, number: str, product: str) -> None:
    person = await driver.person(country, kind, number)
    professional = True if kind == "sole trader" else None
    order_id = await driver.order(person, pay_by="transfer", product=product, quantity=100, professional=professional)
    assert await driver.count("license", person) == 0
    (invoice,) = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert (invoice.settled_on, invoice.due_on, invoice.bank_account) == (None, today() + timedelta(days=14), IBAN)
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    assert (order.state, order.bank_account) == ("invoiced", IBAN)
    demand = await letter(driver, person, "transfer-awaited")
    assert IBAN in demand
    assert invoice.number in demand
    assert str(invoice.invoice_id) in demand
    for _ in range(2):
        await driver.ask(licensing.RecordTransfer(order_id=order_id))
    (license_,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    assert (await driver.ask(licensing.ValidateLicense(key=await driver.key(person)))).valid
    assert license_.product == product
    (invoice,) = (await driver.ask(licensing.ListInvoices(subject_id=person))).invoices
    assert invoice.settled_on == today()
    (order,) = (await driver.ask(licensing.ListOrders(subject_id=person))).orders
    assert (order.state, order.bank_account) == ("paid", "")
    assert str(license_.license_id) in await letter(driver, person, "license-issued")


async def test_who_owes_more_than_the_limit_is_refused_by_name(driver: Driver) -> None:
    person = await driver.person(kind="company")
    first = await driver.order(person, pay_by="transfer")
    assert await refusal(driver, person) == (409, "pay_by")
    assert (await driver.counts(person))["invoice"] == 1
    await driver.buy(person)  # by card it goes on
    await driver.ask(licensing.RecordTransfer(order_id=first))
    await driver.order(person, pay_by="transfer")
    assert await driver.count("license", person) == 2


async def test_many_orders_at_once_owe_no_more_than_one_after_the_other(trusting: Driver) -> None:
    person = await trusting.person(kind="company")
    answers = await all_of(*(trusting.order(person, pay_by="transfer") for _ in range(8)))
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert (len(answers) - len(refused), {each.problem.status for each in refused}) == (3, {409})
    assert await trusting.count("license", person) == 2  # two keys for 981.54; the third comes with the money


async def test_within_the_limit_of_staff_the_key_comes_at_once(trusting: Driver) -> None:
    person = await trusting.person(kind="company")
    order_id = await trusting.order(person, pay_by="transfer")
    assert (await trusting.ask(licensing.ValidateLicense(key=await trusting.key(person)))).valid
    assert IBAN in await letter(trusting, person, "payment-due")
    await trusting.ask(licensing.RecordTransfer(order_id=order_id))
    assert await trusting.count("license", person) == 1
    (held,) = (await trusting.ask(licensing.ListLicenses(subject_id=person))).licenses
    order_id = await trusting.order(person, pay_by="transfer", renews=held.license_id)
    (renewed,) = (await trusting.ask(licensing.ListLicenses(subject_id=person))).licenses
    assert renewed.expires_at > held.expires_at
    await trusting.ask(licensing.RecordTransfer(order_id=order_id))
    assert (await trusting.ask(licensing.ListLicenses(subject_id=person))).licenses == (renewed,)
    dear = await trusting.person(kind="company")
    await trusting.order(dear, pay_by="transfer", product="studio-perpetual")
    assert await trusting.count("license", dear) == 0


async def test_a_reminder_names_the_account(driver: Driver) -> None:
    person = await driver.person(kind="company")
    await driver.order(person, pay_by="transfer")
    overdue = "UPDATE invoice SET due_on = $2 WHERE subject_id = $1"
    await driver.rows.execute(overdue, person, today() - timedelta(days=2))
    await due_dates.step(driver.resources.database)
    assert IBAN in await letter(driver, person, "payment-due")


async def test_without_an_account_transfer_is_not_offered(servers: Servers) -> None:
    async with drivers.opened(servers, settings={"bank_account": "", "credit_limit": 10**9}) as shop:
        person = await shop.person(kind="company")
        assert await refusal(shop, person) == (422, "pay_by")
        assert await shop.counts(person) == {}
        await shop.buy(person)


async def test_a_transfer_after_the_erasure_settles_and_issues_no_key(driver: Driver) -> None:
    person = await driver.person(kind="sole trader")
    order_id = await driver.order(person, pay_by="transfer", professional=True)
    await driver.erase(person, terminate=True)
    assert [await driver.status(licensing.RecordTransfer(order_id=order_id)) for _ in range(2)] == [200, 200]
    assert await driver.count("invoice", person, "settled_on IS NOT NULL") == 1
    assert await driver.count("license", person) == 0
    assert await driver.live_rows(person) == 0
