"""Promise 10: a certificate says what was reported and checked, all of it and nothing more."""

import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import aio_pika
import pytest
from pydantic import BaseModel, ConfigDict

from deploy.local.servers import Servers
from services.licensing.app import SERVICE as LICENSING
from services.marketing.app import SERVICE as MARKETING
from services.privacy.app import SERVICE as PRIVACY
from shared.clock import today
from shared.contracts import privacy
from shared.messaging.topology import dead_letters
from shared.personal_data.retention_run import end_retention
from shared.personal_data.schema_check import gaps
from shared.purposes import Purpose
from shared.service import Service
from tests.harness import eventually
from tests.scenario import SERVICES, Customer, Scenario, entry, running_scenario, scenario_harness

OF_A_SALE = {"invoice", "payment", "purchase", "purchase_terms"}
"""What tax law keeps, and what proves the contract while claims run."""


class Part(BaseModel):
    """A part of the document: the fields it must have, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Entry(Part):
    table: str
    columns: str | None = None
    categories: list[str]
    outcome: Literal["purged", "anonymized", "retained", "refused", "nothing_held"]
    rows: int
    purged_rows: int | None = None
    retain_until: str | None = None
    review_at: str | None = None
    provision: str | None = None
    exception: str | None = None
    holds: list[str] | None = None


class Participant(Part):
    service: str
    map_version: int
    reported_at: str
    tables: list[Entry]


class UnkeyedEntry(Part):
    table: str
    categories: list[str]
    what: str
    ends: str


class ParticipantUnkeyed(Part):
    service: str
    tables: list[UnkeyedEntry] | None


class EndedTable(Part):
    table: str
    rows: int


class SecondPage(Part):
    service: str
    ended_at: str
    tables: list[EndedTable]


class Authority(Part):
    name: str
    address: str
    website: str


class Refusal(Part):
    notice: str
    complaint_to: Authority
    court: str
    sent_on: str


class Left(Part):
    service: str
    left_at: str
    reason: str


class Place(Part):
    place: str
    ending: Literal["kept", "of others", "unkeyed", "found"]
    rows: int


class ParticipantSearch(Part):
    service: str
    searched_at: str | None
    read: int
    places: list[Place]
    not_searched: list[str]


class Search(Part):
    outcome: Literal["found", "nothing found", "nothing found where it was searched", "under way", "not searched"]
    values: int
    too_short: int
    not_gathered_from: list[str]
    participants: list[ParticipantSearch]


class Evidence(Part):
    entry: str
    content: str
    key: str
    path: list[str]
    checkpoint: str


class Told(Part):
    recipient: str
    how: str | None
    settled_at: str | None
    reason: str


class Document(Part):
    """The certificate, as those who keep it will read it for years."""

    schema_: Literal["urn:lethe:erasure-certificate:1"]
    case_id: str
    right: str
    received_at: str
    due_on: str
    ordered_at: str
    closed_at: str
    subjects: list[str]
    outcome: Literal["complete", "partial refusal"]
    participants: list[Participant]
    earlier_rounds: list[Participant]
    kept: list[Entry]
    unkeyed: list[ParticipantUnkeyed]
    left: list[Left]
    refusal: Refusal | None
    checked: list[str]
    not_checked: list[str]
    backups_until: str
    search: Search
    recipients: list[Told]
    second_pages: list[SecondPage]
    evidence: Evidence


@pytest.fixture(scope="module")
async def scenario(servers: Servers) -> AsyncIterator[Scenario]:
    async with scenario_harness(servers) as harness, running_scenario(harness) as module_scenario:
        yield module_scenario


MAILED = """
SELECT count(*) FILTER (WHERE sent_at IS NULL) AS waiting, count(*) AS mails FROM service_mail WHERE subject_id = $1
"""


async def settled_customer(scenario: Scenario) -> Customer:
    """A customer of whose mails privacy's log knows all: what it hears of later is in no report."""
    person = await scenario.customer()
    await scenario.letters(person.address, "licencja jest gotowa")

    async def settled() -> bool:
        (row,) = await scenario.rows["identity"].fetch(MAILED, person.id)
        told = await scenario.count("privacy", "disclosure", person.id, "told_by = 'identity'")
        return tuple(row) == (0, told)

    await eventually(settled)
    await eventually(lambda: scenario.count("privacy", "disclosure", person.id, "told_by = 'licensing'"))
    return person


async def test_the_document_has_its_shape_and_agrees_with_itself(scenario: Scenario) -> None:
    person = await settled_customer(scenario)
    certificate = await person.erase(terminate=False)
    document = Document.model_validate({("schema_" if k == "schema" else k): v for k, v in certificate.items()})
    assert (document.case_id, document.subjects) == (str((await person.case()).case_id), [str(person.id)])
    others = [p.reported_at for p in document.participants if p.service != "privacy"]
    moments = [document.received_at, document.ordered_at, *others]
    assert all(datetime.fromisoformat(m) <= datetime.fromisoformat(document.closed_at) for m in moments)
    assert date.fromisoformat(document.due_on) > today()
    assert {p.service for p in document.participants} == {s.name for s in SERVICES}
    tables = [t for p in document.participants for t in p.tables]
    kept = [t for t in tables if t.outcome in ("retained", "refused")]
    assert [k.table for k in document.kept] == [t.table for t in kept]
    assert [each.recipient for each in document.recipients] == ["Poczta.example sp. z o.o.", "PayGate Sandbox S.A."]
    (letter,) = await scenario.letters(person.address, "Wynik żądania")
    assert "- PayGate Sandbox S.A." in letter

    async def told() -> bool:
        return all(each["how"] == "mail" for each in (await person.certificate())["recipients"])

    await eventually(told)
    assert person.payment is not None
    notices = await scenario.letters("privacy@paygate.example", "data erased")
    assert [text for text in notices if person.payment.reference in text]
    left = await scenario.rows["privacy"].fetch("SELECT * FROM recipient_notice WHERE subject_id = $1", person.id)
    assert not [value for value in person.values if value in str(left) + "".join(notices)]
    for table in kept:
        assert table.rows > 0, table
        assert table.retain_until or table.review_at, table
        assert table.provision, table
        assert table.exception, table
    for table in tables:
        assert (table.rows == 0) == (table.outcome == "nothing_held"), table
    assert (document.outcome, document.refusal is not None) == ("partial refusal", True)
    assert (document.earlier_rounds, document.second_pages) == ([], [])


@pytest.mark.parametrize(
    ("language", "subject", "until"), [("pl", "Wynik żądania", "Do kiedy"), ("en", "The outcome of", "Until")]
)
async def test_the_letter_gives_the_reasons_that_the_certificate_lists(
    scenario: Scenario, language: Literal["pl", "en"], subject: str, until: str
) -> None:
    person = await scenario.customer()
    certificate = await person.erase(terminate=False, language=language)
    (letter,) = await scenario.letters(person.address, subject)
    said = {line.split()[-1] for line in letter.splitlines() if line.strip().startswith(f"{until}:")}
    assert said == {k.get("review_at") or k["retain_until"] for k in certificate["kept"]}
    reasons = len(re.findall({"pl": "Dlaczego:", "en": "Why:"}[language], letter))
    assert reasons == len(re.findall(r"^\d\. ", letter, re.MULTILINE)) >= 3, "tax, proof, and a contract that goes on"
    for name in ("privacy_case", "purchase_terms", "D16", "unheard"):
        assert name not in letter


async def test_every_count_is_what_the_databases_say(scenario: Scenario) -> None:
    """What is told as kept is there, no more and no less; what is told as purged is not."""
    person = await settled_customer(scenario)
    certificate = await person.erase(terminate=False)
    for participant in certificate["participants"]:
        for table in participant["tables"]:
            if table.get("columns"):
                continue
            there = await scenario.count(participant["service"], table["table"], person.id)
            kept = table["rows"] if table["outcome"] in ("retained", "refused") else 0
            # privacy's own last letter is disclosed to the mail provider after the case has closed
            later = there - kept if table["table"] == "disclosure" else 0
            assert 0 <= later <= 2
            assert there == kept + later, table
            assert await scenario.count(participant["service"], table["table"], person.id, "live") == 0
    columns = entry(certificate, "licensing", "license", "sealed_key")
    assert (columns["outcome"], columns["rows"]) == ("purged", 1)
    assert await scenario.count("licensing", "license", person.id, "sealed_key IS NULL") == 1


async def test_what_is_called_checked_is_so(scenario: Scenario) -> None:
    """No live row can be keyed to the person: by constraint, in each table of each data map."""
    certificate = await (await scenario.register_customer()).erase(terminate=True)
    assert any("foreign key" in sentence for sentence in certificate["checked"])
    for service in SERVICES:
        async with scenario.resources[service.name].database.transaction(Purpose.RIGHTS) as tx:
            assert await gaps(tx, service.data_map) == []
        unproven = "SELECT count(*) FROM pg_constraint WHERE confrelid = 'subject'::regclass AND NOT convalidated"
        assert await scenario.rows[service.name].fetchval(unproven) == 0


async def test_what_was_not_checked_is_named(scenario: Scenario) -> None:
    certificate = await (await scenario.register_customer()).erase(terminate=True)
    for out_of_reach in ("write-ahead logs", "dead row versions", "backups", "mailboxes", "recipients"):
        assert any(out_of_reach in sentence for sentence in certificate["not_checked"]), out_of_reach
        assert not any(out_of_reach in sentence for sentence in certificate["checked"]), out_of_reach


UNKEYED = {
    "identity": {"sign_up", "pending_address", "mail_request", "failed_sign_in", "sign_in_attempt"}
    | {"activity_trace", "staff", "staff_recovery_code", "staff_session", "audit"},
    "licensing": {"trial_mark"},
    "marketing": {"signup", "suppression"},
    "privacy": {"unconfirmed_request", "case_event", "trace_search", "trace_values", "trace_answer"}
    | {"erasure_order", "order_participant", "order_report", "second_page", "hold_event"}
    | {"evidence_opening", "certificate_issue", "staff_act", "notice_event", "breach_event"}
    | {"authority_request", "authority_event", "cookie_choice"},
}


async def test_what_no_key_leads_to_is_named_by_participant(scenario: Scenario) -> None:
    """Sealed, hashed and random ids are personal, too: a purge that says nothing of them would say too much."""
    person = await scenario.customer()
    certificate = await person.erase(terminate=True)
    named = {each["service"]: each["tables"] for each in certificate["unkeyed"]}
    assert {service: {t["table"] for t in tables} for service, tables in named.items()} == UNKEYED
    for table in (t for tables in named.values() for t in tables):
        assert table["categories"]
        assert table["what"]
        assert table["ends"]
    (suppression,) = (t for t in named["marketing"] if t["table"] == "suppression")
    assert suppression["categories"] == ["D5"]
    assert "hashes of addresses" in suppression["what"]
    assert "never" in suppression["ends"]
    assert any("unkeyed" in sentence for sentence in certificate["not_checked"])
    for service in SERVICES:
        unkeyed = {t.name for t in service.data_map.unkeyed}
        assert UNKEYED[service.name] <= unkeyed
        assert not UNKEYED[service.name] & {t["table"] for p in certificate["participants"] for t in p["tables"]}


async def test_what_a_participant_has_not_said_is_not_taken_for_nothing(scenario: Scenario) -> None:
    """A service of before announces no such tables; and a certificate stays as it was when that changes."""
    person, later = await scenario.register_customer(), await scenario.register_customer()
    privacy_rows, silent = scenario.rows["privacy"], "UPDATE participant SET unkeyed = NULL WHERE service = 'marketing'"
    announced = await privacy_rows.fetchval("SELECT unkeyed FROM participant WHERE service = 'marketing'")
    await privacy_rows.execute(silent)
    certificate = await person.erase(terminate=True)
    await privacy_rows.execute("UPDATE participant SET unkeyed = $1 WHERE service = 'marketing'", announced)
    after = await later.erase(terminate=True)
    assert {"service": "marketing", "tables": None} in certificate["unkeyed"]
    assert {"service": "marketing", "tables": None} in (await person.certificate())["unkeyed"]
    assert {"service": "marketing", "tables": None} not in after["unkeyed"]


async def test_what_the_law_kept_ends_on_its_day_and_the_certificate_says_so(scenario: Scenario) -> None:
    person = await scenario.customer()
    await person.erase(terminate=True)
    last = date(today().year + 6, 12, 31)
    database = scenario.resources["licensing"].database
    await end_retention(database, LICENSING.data_map, last)
    assert {t for t in OF_A_SALE if await scenario.count("licensing", t, person.id)} == OF_A_SALE
    await end_retention(database, LICENSING.data_map, last + timedelta(days=1))
    assert [await scenario.count("licensing", t, person.id) for t in OF_A_SALE] == [0, 0, 0, 0]

    async def second_page() -> dict[str, Any] | None:
        pages = (await person.certificate())["second_pages"]
        return pages[0] if pages else None

    page = await eventually(second_page)
    assert (page["service"], page["ended_at"]) == ("licensing", f"{last.year + 1}-01-01")
    assert {t["table"]: t["rows"] for t in page["tables"]} == dict.fromkeys(OF_A_SALE, 1)
    certificate = await person.certificate()
    assert entry(certificate, "licensing", "invoice")["outcome"] == "retained", "the first page stays as it was"
    await end_retention(database, LICENSING.data_map, last + timedelta(days=2))
    await scenario.quiet()
    assert len((await person.certificate())["second_pages"]) == 1, "nothing ends twice"


async def test_a_refusal_does_not_end_with_a_date(scenario: Scenario) -> None:
    person = await scenario.customer()
    await person.erase(terminate=False)
    await end_retention(scenario.resources["licensing"].database, LICENSING.data_map, date(today().year + 50, 1, 1))
    assert (await person.validate("laptop-0001")).code == "VALID"
    assert await scenario.count("licensing", "license", person.id) == 1
    assert await scenario.count("licensing", "purchase", person.id) == 1


async def test_the_evidence_itself_ends_on_its_day(scenario: Scenario) -> None:
    person = await scenario.customer()
    await person.erase(terminate=True)
    database, last = scenario.resources["privacy"].database, date(today().year + 6, 12, 31)
    await end_retention(database, PRIVACY.data_map, last)
    assert (await person.case()).state == "closed"
    await eventually(lambda: scenario.count("privacy", "privacy_case", person.id, "sealed_address IS NULL"))
    await end_retention(database, PRIVACY.data_map, last + timedelta(days=1))
    assert await scenario.status(privacy.ReadCase(token=person.token)) == 404
    assert await scenario.status(privacy.ReadCertificate(token=person.token)) == 404
    for table in ("privacy_case", "consent"):
        assert await scenario.count("privacy", table, person.id) == 0

    async def no_disclosure() -> bool:
        """That the mail provider saw the last letter's address is told after the letter: its row ends, too."""
        await end_retention(database, PRIVACY.data_map, last + timedelta(days=1))
        return await scenario.count("privacy", "disclosure", person.id) == 0

    await eventually(no_disclosure)


Lie = Callable[[dict[str, Any]], object]


def leaves_out_a_table(report: dict[str, Any]) -> None:
    report["tables"] = report["tables"][1:]


def leaves_out_a_person(report: dict[str, Any]) -> None:
    one = report["subjects"][0]
    report["subjects"] = [one] * len(report["subjects"])


def tells_of_a_stranger(report: dict[str, Any]) -> None:
    report["subjects"] = [str(uuid4())] * len(report["subjects"])


def has_an_outcome_too_few(report: dict[str, Any]) -> None:
    report["tables"][0]["outcome"].pop()


def invents_an_outcome(report: dict[str, Any]) -> None:
    report["tables"][0]["outcome"][0] = "vanished"


def fails_without_a_reason(report: dict[str, Any]) -> None:
    report["tables"][0]["outcome"][0] = "failed"


def gives_a_reason_for_no_failure(report: dict[str, Any]) -> None:
    report["failure"] = {"sqlstate": "23503", "constraint": "x"}


def speaks_for_somebody_else(report: dict[str, Any]) -> None:
    report["service"] = "licensing"
    report["tables"] = nothing_held(LICENSING, len(report["subjects"]))


def is_about_another_order(report: dict[str, Any]) -> None:
    report["order_id"] = str(uuid4())


def has_no_tables(report: dict[str, Any]) -> None:
    report["tables"] = []


def has_no_part(report: dict[str, Any]) -> None:
    del report["part"]


LIES: tuple[Lie, ...] = (
    leaves_out_a_table,
    leaves_out_a_person,
    tells_of_a_stranger,
    has_an_outcome_too_few,
    invents_an_outcome,
    fails_without_a_reason,
    gives_a_reason_for_no_failure,
    speaks_for_somebody_else,
    is_about_another_order,
    has_no_tables,
    has_no_part,
)


async def test_no_report_closes_a_case_but_an_honest_one(scenario: Scenario) -> None:
    people = [await scenario.register_customer() for _ in range(2)]
    async with scenario.harness.superuser("marketing") as busy, busy.transaction():
        await busy.execute("SELECT lethe.lock_people($1)", [p.id for p in people])  # marketing's own answer waits
        order = await ordered_together(scenario, people)
        for lie in LIES:
            report = honest(order, [p.id for p in people])
            lie(report)
            await publish(scenario, "marketing.erasure-reported.v1", report)
            await given_up(scenario, "privacy")
        for person in people:
            case = await person.case()
            assert case.state == "ordered"
            assert [p.answered for p in case.progress if p.service == "marketing"] == [False]
    for person in people:
        await person.until("closed")
        assert (await person.certificate())["outcome"] == "partial refusal"


async def ordered_together(scenario: Scenario, people: list[Customer]) -> UUID:
    """Put people into one order; answers its id."""
    ids = [person.id for person in people]
    privacy_rows = scenario.rows["privacy"]
    settings = scenario.resources["privacy"].settings
    settings.cooling_off_s = 3600.0
    try:
        for person in people:
            await person.ask_for_erasure(terminate=True)
    finally:
        settings.cooling_off_s = 0.0
    await privacy_rows.execute("UPDATE privacy_case SET run_at = now() WHERE subject_id = ANY ($1)", ids)
    one_order = "SELECT min(order_id::text)::uuid FROM privacy_case WHERE subject_id = ANY ($1) AND state = 'ordered'"
    order_id: UUID = await eventually(lambda: privacy_rows.fetchval(one_order, ids))
    return order_id


def honest(order_id: UUID, people: list[UUID]) -> dict[str, Any]:
    """What marketing would report."""
    return {
        "order_id": str(order_id),
        "service": "marketing",
        "map_version": MARKETING.data_map.version,
        "part": 0,
        "at": datetime.now(UTC).date().isoformat(),
        "subjects": [str(person) for person in people],
        "tables": nothing_held(MARKETING, len(people)),
    }


def nothing_held(service: Service, count: int) -> list[dict[str, Any]]:
    """A service's tables without a row of anybody."""
    return [
        {"table": t.name, "categories": list(t.categories), "outcome": ["nothing_held"] * count, "rows": [0] * count}
        for t in service.data_map.everything
    ]


async def publish(scenario: Scenario, event_type: str, body: dict[str, Any]) -> None:
    """Through marketing's own outbox, past the contract's model."""
    await scenario.rows["marketing"].execute(
        "INSERT INTO outbox (type, body) VALUES ($1, $2)", event_type, json.dumps(body)
    )
    scenario.resources["marketing"].database.signals["outbox"].set()


async def given_up(scenario: Scenario, service: str) -> None:
    """Wait for the next dead letter of a service, and take it."""
    connection = await aio_pika.connect(scenario.harness.admin_amqp, timeout=60)
    async with connection:
        queue = await (await connection.channel()).get_queue(dead_letters(service), ensure=False)

        async def took_one() -> bool:
            message = await queue.get(fail=False, timeout=60)
            if message is not None:
                await message.ack()
            return message is not None

        await eventually(took_one)
