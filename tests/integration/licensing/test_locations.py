"""Where buyers are: two items of evidence, sellers without OSS, and people outside the Union."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from deploy.local.servers import Servers
from services.licensing.vat.rules import SMALL_ABROAD
from shared.clock import today
from shared.contracts import licensing
from shared.problems import Refused
from tests import countries
from tests.countries import GERMAN, SWISS, UNKNOWN
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver, order_of

EVIDENCE = "SELECT kind, country, retain_until FROM tax_evidence WHERE subject_id = $1 ORDER BY kind"
INVOICE = "SELECT vat_rate, vat_note, vat, buyer_country FROM invoice WHERE subject_id = $1"

SOLD = """
UPDATE purchase SET net = $2::bigint, vat = 0, gross = $2, placed_at = $3::date WHERE subject_id = $1
"""


@pytest.fixture(scope="module")
async def driver(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Driver]:
    file = countries.written(tmp_path_factory.mktemp("countries") / "countries.mmdb")
    settings = {"country_database": file, "countries_outside": "CH", "oss": False}
    async with drivers.opened(servers, settings=settings) as opened:
        yield opened


async def refused_field(driver: Driver, person: UUID, **changed: Any) -> str:
    """The field that an order is refused for; nothing is written then."""
    with pytest.raises(Refused) as refused:
        await driver.ask(order_of(person, **changed))
    assert await driver.counts(person) == {}
    assert refused.value.problem.status == 422
    return refused.value.problem.errors[0].field


async def test_two_items_prove_where_a_consumer_is_and_a_third_where_they_differ(driver: Driver) -> None:
    german = await driver.person("DE")
    await driver.buy(german, ip=GERMAN)
    assert [tuple(row)[:2] for row in await driver.rows.fetch(EVIDENCE, german)] == [
        ("billing address", "DE"),
        ("ip address", "DE"),
    ]
    traveler = await driver.person("DE")
    assert await refused_field(driver, traveler, ip=SWISS) == "confirms_country"
    await driver.buy(traveler, ip=SWISS, confirms_country=True)
    kept = await driver.rows.fetch(EVIDENCE, traveler)
    assert [tuple(row)[:2] for row in kept] == [("billing address", "DE"), ("ip address", "CH"), ("own word", "DE")]
    assert {row["retain_until"] for row in kept} == await driver.ends("purchase", traveler)
    hidden = await driver.person("DE")
    await driver.buy(hidden, ip=UNKNOWN)
    assert [row["kind"] for row in await driver.rows.fetch(EVIDENCE, hidden)] == ["billing address"]
    home = await driver.person("PL")
    await driver.buy(home, ip=UNKNOWN)
    assert await driver.rows.fetch(EVIDENCE, home) == []


async def test_nobody_is_outside_the_union_by_declaration(driver: Driver) -> None:
    """A Pole writes a Swiss address to pay no VAT."""
    person = await driver.person("CH")
    for ip in (GERMAN, UNKNOWN, ""):
        assert await refused_field(driver, person, ip=ip, confirms_country=True) == "country"
    await driver.buy(person, ip=SWISS)
    invoice = await driver.rows.fetchrow(INVOICE, person)
    assert tuple(invoice or ()) == (0, "nie podlega VAT w Polsce", 0, "CH")
    american = await driver.person("US")
    assert await refused_field(driver, american, ip=SWISS) == "country"


async def test_the_order_that_leaves_the_small_amount_abroad_is_refused(driver: Driver) -> None:
    """Counted with what the erased bought, this year or the last."""
    whole = await driver.person("DE")
    asked = licensing.QuoteOrder(product="auditor-year", country="DE")
    before = await driver.ask(asked)
    assert (before.taxation, before.vat_rate) == ("domestic", 2300)
    await driver.buy(whole, ip=GERMAN)
    last_year = today().replace(month=3, day=1, year=today().year - 1)
    await driver.rows.execute(SOLD, whole, SMALL_ABROAD, last_year)
    for erased in (False, True):
        if erased:
            await driver.erase(whole, terminate=True)
        late = await driver.person("DE")
        assert await refused_field(driver, late, ip=GERMAN) == "country"
        assert await driver.status(asked) == 422
    await driver.rows.execute(SOLD, whole, SMALL_ABROAD, last_year.replace(year=last_year.year - 1))
    assert (await driver.ask(asked)).gross == before.gross
    polish = await driver.person("PL")
    await driver.order(polish, ip=UNKNOWN)
    await driver.order(late, ip=GERMAN)


async def test_who_never_paid_leaves_no_evidence(driver: Driver) -> None:
    person = await driver.person("DE")
    order_id = await driver.order(person, ip=GERMAN)
    assert await driver.rows.fetchval("SELECT seen_country FROM purchase_buyer WHERE order_id = $1", order_id) == "DE"
    await driver.ask(licensing.CancelOrder(subject_id=person, order_id=order_id))
    assert await driver.count("purchase_buyer", person) == 0
    assert await driver.count("tax_evidence", person) == 0
