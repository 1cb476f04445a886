"""The books leave the house: from real rows, of the erased too, and everybody named in a file is told to the log."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.servers import Servers
from shared.clock import today
from shared.contracts import licensing
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver


@pytest.fixture(scope="module")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    """Of its own: what is counted here is all there is."""
    async with drivers.opened(servers) as opened:
        yield opened


def rows(export: licensing.Export) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(export.content)))


async def test_the_books_name_erased_buyers_too_and_each_person_is_told_to_the_log_once(driver: Driver) -> None:
    anna, eva, gone = await driver.person(), await driver.person("DE"), await driver.person()
    payment = await driver.buy(anna)
    await driver.buy(anna)
    await driver.buy(eva)
    await driver.buy(gone)
    await driver.ask(await driver.played(payment.reference, "refund.made", 10_000))
    await driver.erase(gone, terminate=True)
    day = today()
    ledger = await driver.ask(licensing.ExportLedger(first_day=day, last_day=day))
    assert sorted((row["kind"], row["country"], row["gross"]) for row in rows(ledger)) == [
        ("correction", "PL", "-100.00"),
        ("invoice", "DE", "474.81"),
        *[("invoice", "PL", "490.77")] * 3,
    ]
    register = await driver.ask(licensing.ExportVatRegister(month=f"{day:%Y-%m}"))
    assert [row["K_20"] for row in rows(register)] == [*["91.77"] * 3, "-18.70"]
    quarter = f"{day.year}-Q{(day.month + 2) // 3}"
    rate = licensing.QuarterRate(quarter=quarter, pln_per_eur="4.2500")
    oss = await driver.ask(licensing.ExportOssReturn(quarter=quarter, rates=(rate,)))
    assert [(row["country"], row["vat_pln"], row["vat_eur"]) for row in rows(oss)] == [("DE", "75.81", "17.84")]
    told = "SELECT subject_id, recipient, purpose FROM disclosure WHERE reference = $1"
    async with driver.harness.superuser("privacy") as database:
        for export, purpose, people in ((ledger, "P7", {anna, eva, gone}), (register, "P6", {anna, gone})):

            async def logged(reference: str = export.reference, people: set[Any] = people) -> Any:
                found = await database.fetch(told, reference)
                return found if len(found) >= len(people) else None

            found = await eventually(logged)
            assert sorted(row["subject_id"] for row in found) == sorted(people)
            assert {(row["recipient"], row["purpose"]) for row in found} == {("Rachunki.example sp. z o.o.", purpose)}
