"""Invoices as documents, from the rows that PostgreSQL keeps as they were issued."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from pypdf import PdfReader

from deploy.local import mailbox
from deploy.local.servers import Servers
from shared.contracts import licensing
from shared.purposes import Purpose
from tests.harness import eventually
from tests.integration.licensing.driver import Driver

GOES_ON = {"settled_on", "reminders", "live", "retain_until", "review_at", "provisions", "exemptions"}


async def documents(driver: Driver, person: UUID) -> dict[str, UUID]:
    rows = await driver.rows.fetch("SELECT number, invoice_id FROM invoice WHERE subject_id = $1", person)
    return {row["number"].partition("/")[0]: row["invoice_id"] for row in rows}


def text(document: licensing.InvoiceDocument) -> str:
    shown = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(document.content)).pages)
    return shown.replace("\N{NO-BREAK SPACE}", " ")


async def test_letters_lead_to_the_invoice_that_they_tell_of(driver: Driver, servers: Servers) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    await driver.ask(await driver.played(payment.reference, "refund.made"))
    issued = await documents(driver, person)
    address = f"{person.hex}@example.com"
    folder = servers.mailbox_folder
    assert folder is not None

    async def linked() -> bool:
        said = "".join(letter.as_bytes().decode() for letter in mailbox.messages_for(folder, address)).replace(
            "=\n", ""
        )
        return all(f"/invoices/{invoice_id}/document" in said for invoice_id in issued.values())

    assert await eventually(linked)


async def test_its_buyer_and_staff_see_the_same_document_also_after_an_erasure(driver: Driver) -> None:
    person = await driver.person()
    payment = await driver.buy(person)
    issued = await documents(driver, person)
    own = licensing.ReadInvoiceDocument(subject_id=person, invoice_id=issued["FV"])
    document = await driver.ask(own)
    assert "Anna Nowak" in text(document)
    assert "490,77 PLN" in text(document)
    others = licensing.ReadInvoiceDocument(subject_id=await driver.person(), invoice_id=issued["FV"])
    assert await driver.status(others) == 404
    await driver.ask(await driver.played(payment.reference, "refund.made", 10_000))
    corrected = text(await driver.ask(licensing.LookAtInvoice(invoice_id=(await documents(driver, person))["KOR"])))
    assert [part for part in ("490,77", "390,77", "-100,00", document.number) if part not in corrected] == []
    await driver.erase(person, terminate=True)
    assert await driver.status(own) == 410
    assert await driver.ask(licensing.LookAtInvoice(invoice_id=issued["FV"])) == document


def other_than(value: Any) -> Any:
    """Something else of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}."
        case list():
            return [*value, "."]
        case UUID():
            return UUID(int=value.int ^ 1)
        case _:
            return value + timedelta(days=1)


async def test_what_was_issued_is_not_changed(driver: Driver) -> None:
    """The working role tries each column, one after the other."""
    person = await driver.person(kind="company")
    await driver.buy(person)
    row = await driver.rows.fetchrow("SELECT * FROM invoice WHERE subject_id = $1", person)
    assert row is not None
    values = {column: other_than(value) for column, value in row.items() if value is not None}
    values |= {"corrects": row["invoice_id"], "review_at": row["issued_on"]}
    assert set(values) == set(row.keys())
    outcomes = {column: await outcome(driver, person, column, value) for column, value in values.items()}
    assert {column for column, refused in outcomes.items() if not refused} <= GOES_ON
    assert {refused for column, refused in outcomes.items() if column not in GOES_ON} == {"invoice_stays_as_issued"}


async def outcome(driver: Driver, person: UUID, column: str, value: Any) -> str:
    """By what PostgreSQL refused to change a column; empty if it did it, and then it is rolled back."""
    sql = f"UPDATE invoice SET {column} = $2 WHERE subject_id = $1"  # noqa: S608 of the catalog
    try:
        async with driver.resources.database.transaction(Purpose.LEGAL_DUTY) as tx:
            assert await tx.run(sql, person, value) == 1
            await tx.value("SELECT 1 / 0")  # rolls it back
    except asyncpg.IntegrityConstraintViolationError as refused:
        return str(refused.constraint_name)
    except asyncpg.DivisionByZeroError:
        return ""
    raise AssertionError
