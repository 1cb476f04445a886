"""Invoices of businesses go to KSeF once, whatever its mood, and what it says of them is kept."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from deploy.local.servers import Servers
from services.licensing.jobs import submissions
from services.licensing.ksef.account import Account
from shared.clock import today
from shared.contracts import licensing
from shared.law.case_clock import working_days_after
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver
from tests.ksef import TOKEN, Ksef, ksef

SELLER = "9222828810"
NO_WAIT = "UPDATE ksef_invoice SET next_try_at = now() WHERE state IN ('waiting', 'sent')"
ROW = """
SELECT k.*, i.number FROM ksef_invoice k JOIN invoice i USING (invoice_id) WHERE i.subject_id = $1 AND i.kind = $2
"""


@pytest.fixture(scope="module")
def system() -> Iterator[Ksef]:
    with ksef(SELLER) as there:
        yield there


@pytest.fixture(scope="module")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    async with drivers.opened(servers, settings={"credit_limit": 10**9}) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _fine(system: Ksef) -> None:
    system.mood = "fine"


def account(system: Ksef, token: str = TOKEN, *, consumers: bool = False) -> Account:
    since = date(2026, 1, 1)
    return Account(system.url, SecretStr(token), SELLER, since, consumers, system.url, "https://qr.example")


async def rounds(driver: Driver, there: Account, number: int = 1) -> None:
    """So many rounds of the job, none of which waits."""
    for _ in range(number):
        await driver.rows.execute(NO_WAIT)
        await submissions.step(driver.resources.database, there)


async def row(driver: Driver, person: UUID, kind: str = "invoice") -> Any:
    return await driver.rows.fetchrow(ROW, person, kind)


async def listed(driver: Driver) -> dict[str, licensing.KsefInvoice]:
    """What staff see, by number."""
    waiting = await driver.ask(licensing.ListKsefInvoices(limit=1000))
    return {invoice.number: invoice for invoice in waiting.invoices}


async def test_an_invoice_gets_its_number_and_everybody_sees_it(driver: Driver, system: Ksef) -> None:
    firm, person = await driver.person(kind="company"), await driver.person()
    await driver.buy(person)
    await driver.buy(firm)
    invoice = (await driver.ask(licensing.ListInvoices(subject_id=firm))).invoices[0]
    await rounds(driver, account(system))
    assert await row(driver, person) is None
    sent = await row(driver, firm)
    assert (sent["state"], (await listed(driver))[sent["number"]].state) == ("sent", "sent")
    await rounds(driver, account(system), 2)
    there = await row(driver, firm)
    assert there["state"] == "accepted"
    assert system.numbers[there["ksef_number"]].decode() == there["document"]
    assert there["number"] not in await listed(driver)
    told = (await driver.ask(licensing.ListInvoices(subject_id=firm))).invoices[0]
    assert (invoice.ksef_number, told.ksef_number) == ("", there["ksef_number"])
    assert told.ksef_link.startswith(f"https://qr.example/invoice/{SELLER}/{today():%d-%m-%Y}/")
    document = await driver.ask(licensing.ReadKsefDocument(invoice_id=told.invoice_id))
    assert document.content == there["document"]
    receipt = await driver.ask(licensing.ReadKsefReceipt(invoice_id=told.invoice_id))
    assert there["ksef_number"] in receipt.content
    register = await driver.ask(licensing.ExportVatRegister(month=f"{today():%Y-%m}"))
    assert f",{there['ksef_number']},,,," in register.content
    async with driver.harness.superuser("privacy") as database:
        recipients = "SELECT recipient FROM disclosure WHERE subject_id = $1 AND reference = $2"
        reference = f"ksef/{told.invoice_id}"
        assert await eventually(lambda: database.fetchval(recipients, firm, reference)) == "KSeF"


async def test_a_correction_waits_for_the_number_of_what_it_corrects(driver: Driver, system: Ksef) -> None:
    firm = await driver.person(kind="company")
    payment = await driver.buy(firm)
    await driver.ask(await driver.played(payment.reference, "refund.made", 10_000))
    await rounds(driver, account(system))
    assert ((await row(driver, firm))["state"], (await row(driver, firm, "correction"))["document"]) == ("sent", None)
    await rounds(driver, account(system), 5)
    number = (await row(driver, firm))["ksef_number"]
    correction = await row(driver, firm, "correction")
    assert correction["state"] == "accepted"
    assert f"<NrKSeFFaKorygowanej>{number}</NrKSeFFaKorygowanej>" in correction["document"]


async def test_a_lost_answer_is_found_by_the_hash_that_was_stored_before(driver: Driver, system: Ksef) -> None:
    firm = await driver.person(kind="company")
    await driver.buy(firm)
    system.mood = "losing answers"
    await rounds(driver, account(system))
    lost = await row(driver, firm)
    assert (lost["state"], lost["attempts"], lost["reference"]) == ("waiting", 1, "")
    system.mood = "fine"
    await rounds(driver, account(system), 3)
    there = await row(driver, firm)
    assert (there["state"], there["sha256"]) == ("accepted", lost["sha256"])
    assert [number for number, document in system.numbers.items() if document.decode() == there["document"]] == [
        there["ksef_number"]
    ]


async def test_another_document_under_our_number_is_for_staff(driver: Driver, system: Ksef) -> None:
    firm = await driver.person(kind="company")
    await driver.buy(firm)
    invoice = (await driver.ask(licensing.ListInvoices(subject_id=firm))).invoices[0]
    stranger = "9222828810-20260101-000000000001-00"
    system.numbers[stranger] = b"<Faktura>somebody else's</Faktura>"
    system.taken["VAT", invoice.number] = ("20260101-SO-1", stranger)
    await rounds(driver, account(system), 3)
    there = (await listed(driver))[invoice.number]
    assert (there.state, there.fault) == ("other document", "440")
    assert await driver.status(licensing.RetryKsefInvoice(invoice_id=invoice.invoice_id)) == 409


async def test_what_ksef_rejects_is_sent_anew_when_staff_say_so(driver: Driver, system: Ksef) -> None:
    firm = await driver.person(kind="company")
    await driver.buy(firm)
    system.nip = "5260250274"  # its seller is not who signed in
    there = account(system)
    await rounds(driver, Account(there.url, there.token, system.nip, there.since, False, there.url, there.qr_url), 3)
    rejected = await row(driver, firm)
    assert (rejected["state"], rejected["fault"]) == ("rejected", "450")
    system.nip = SELLER
    await driver.ask(licensing.RetryKsefInvoice(invoice_id=rejected["invoice_id"]))
    await rounds(driver, account(system), 3)
    assert (await row(driver, firm))["state"] == "accepted"


@pytest.mark.parametrize(("mood", "fault"), [("down", "HTTP 503"), ("busy", "HTTP 429")])
async def test_what_can_not_be_sent_waits_with_its_reason(driver: Driver, system: Ksef, mood: Any, fault: str) -> None:
    firm = await driver.person(kind="company")
    await driver.buy(firm)
    system.mood = mood
    began = datetime.now(UTC) - timedelta(hours=1)
    system.messages = [
        {"id": "1", "eventId": 1, "category": "FAILURE", "type": "FAILURE_START", "start": began.isoformat()}
    ]
    await rounds(driver, account(system))
    waiting = await row(driver, firm)
    assert (waiting["state"], waiting["fault"]) == ("waiting", fault)
    if mood == "down":  # then its operator still answers
        assert (await listed(driver))[waiting["number"]].due_on is None
        ended = system.messages[0] | {"type": "FAILURE_END", "end": datetime.now(UTC).isoformat()}
        system.messages.append(ended)
    system.mood = "fine"
    await rounds(driver, account(system), 3)
    assert (await row(driver, firm))["state"] == "accepted"
    if mood == "down":
        seven = working_days_after(today(), 7)
        assert {each.due_on for each in (await listed(driver)).values()} == {seven}


@pytest.mark.parametrize("mood", ["breaking off", "forgetful"])
async def test_what_ksef_broke_off_or_forgot_is_sent_again(driver: Driver, system: Ksef, mood: Any) -> None:
    firm = await driver.person(kind="company")
    await driver.buy(firm)
    system.mood = mood
    await rounds(driver, account(system), 2)
    system.mood = "fine"
    await rounds(driver, account(system), 4)
    there = await row(driver, firm)
    assert there["state"] == "accepted"
    assert sum(f"<P_2>{there['number']}</P_2>" in document.decode() for document in system.numbers.values()) == 1


async def test_a_wrong_token_sends_nothing(driver: Driver, system: Ksef) -> None:
    firm = await driver.person(kind="company")
    await driver.buy(firm)
    await rounds(driver, account(system, "wrong"))
    assert (await row(driver, firm))["fault"] == "RuntimeError"
    await rounds(driver, account(system), 3)
    assert (await row(driver, firm))["state"] == "accepted"


async def test_an_erased_buyer_s_invoice_still_gets_there_and_stays_as_long(driver: Driver, system: Ksef) -> None:
    firm = await driver.person(kind="sole trader")
    await driver.buy(firm, professional=True)
    await driver.erase(firm, terminate=True)
    await rounds(driver, account(system), 3)
    there = await row(driver, firm)
    assert (there["state"], there["live"]) == ("accepted", False)
    assert await driver.ends("ksef_invoice", firm) == await driver.ends("invoice", firm)


async def test_consumers_go_there_only_where_the_vendor_wants_it(driver: Driver, system: Ksef) -> None:
    eva = await driver.person("DE")
    await driver.buy(eva)
    await rounds(driver, account(system))
    assert await row(driver, eva) is None
    await rounds(driver, account(system, consumers=True), 3)
    assert (await row(driver, eva))["state"] == "accepted"


async def test_what_was_issued_in_a_total_failure_is_left_out_also_when_that_is_told_later(
    driver: Driver, system: Ksef
) -> None:
    firm = await driver.person(kind="company")
    await driver.buy(firm)
    system.mood = "down"
    began = {"start": (datetime.now(UTC) - timedelta(hours=1)).isoformat(), "category": "TOTAL_FAILURE"}
    system.messages = [{"id": "2", "eventId": 2, "type": "FAILURE_START"} | began]
    await rounds(driver, account(system))
    assert (await row(driver, firm))["state"] == "waiting"
    system.mood = "fine"
    await rounds(driver, account(system), 2)
    left = await row(driver, firm)
    assert (left["state"], left["sent_at"]) == ("not owed", None)
    assert left["number"] not in await listed(driver)
    await driver.rows.execute("DELETE FROM ksef_outage WHERE kind = 'TOTAL_FAILURE'")
