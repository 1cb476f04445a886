"""What a restriction means in every service (GDPR Art. 18(2)): no use, no loss, and the contract goes on."""

from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from services.identity.app import SERVICE as IDENTITY
from services.marketing import audience
from services.marketing.app import SERVICE as MARKETING
from shared.contracts import identity, licensing, marketing, privacy
from shared.purposes import KINDS, Purpose
from tests.harness import eventually
from tests.integration.marketing.driver import finished, start_campaign
from tests.retention import run_today
from tests.scenario import PASSWORD, SERVICES, Customer, Scenario

USES = [purpose for purpose, kind in KINDS.items() if kind in ("consent", "interest")]
BLOCKED = 403
OLD_INTEREST = """
INSERT INTO interest (subject_id, topic, source, keep_until) VALUES ($1, 'audits', 'observed', current_date - 1)
"""
OLD_ACTIVITY = "INSERT INTO activity (subject_id, what, ip, at) VALUES ($1, 'signed in', '', now() - interval '1 year')"


@pytest.fixture
async def person(scenario: Scenario) -> Customer:
    """A customer whose restriction is in force."""
    customer = await scenario.customer()
    await scenario.ask(marketing.NoteInterest(subject_id=customer.id, topic="seo", source="observed"))
    await customer.use_right("restriction", ground="needed for claims")
    await customer.until("in force")
    return customer


async def lifted(person: Customer) -> None:
    await person.scenario.ask(privacy.WithdrawCase(token=person.token))
    for service in ("identity", "licensing", "marketing"):

        async def is_free(service: str = service) -> bool:
            return bool(await person.allowed("*", service))

        await eventually(is_free)


async def test_no_use_sees_a_row_of_a_restricted_person(scenario: Scenario, person: Customer) -> None:
    """With the statements of whoever comes: every table of every service, every purpose of a use."""
    tables = [(s.name, t.name) for s in SERVICES for t in s.data_map.everything if t.name != "permission"]
    seen = []
    for service, table in tables:
        for purpose in USES:
            async with scenario.resources[service].database.transaction(purpose) as tx:
                if await tx.value(f"SELECT count(*) FROM {table} WHERE subject_id = $1", person.id):  # noqa: S608
                    seen.append((service, table, purpose))
    assert seen == []
    assert await scenario.live_rows(person.id), "there is something to see"
    async with scenario.resources["marketing"].database.transaction(Purpose.UPKEEP) as tx:
        assert await tx.value("SELECT count(*) FROM interest WHERE subject_id = $1", person.id) == 1
    assert (
        await scenario.status(marketing.NoteInterest(subject_id=person.id, topic="news", source="observed")) == BLOCKED
    )


async def test_a_field_is_restricted_in_every_table_that_has_it_and_in_no_other(scenario: Scenario) -> None:
    """Example 14 of the reference: no use sees the address; what the law demands of it goes on."""
    person = await scenario.customer()
    await scenario.ask(marketing.NoteInterest(subject_id=person.id, topic="seo", source="observed"))
    await person.use_right("restriction", ground="accuracy contested", field="D5")
    await person.until("in force")
    with_it = {table.name for service in SERVICES for table in service.data_map.everything if "D5" in table.fields}

    async def hides_it_and_nothing_else() -> bool:
        """Asked again where a first row of a table came between the two looks: of a letter that has just left."""
        all_of_it = await tables_seen(scenario, person, Purpose.LEGAL_DUTY)
        assert {"account", "subscriber"} <= with_it & all_of_it
        used = await tables_seen(scenario, person, Purpose.EXPORT)
        assert "interest" in used
        return used == all_of_it - with_it

    await eventually(hides_it_and_nothing_else)
    subject = f"Only for the undisputed {uuid4().hex[:6]}"
    await finished(scenario.client, await start_campaign(scenario.client, subject=subject))
    assert [m for m in scenario.smtp.mails_to(person.address) if m["Subject"] == subject] == []
    await scenario.ask(privacy.WithdrawCase(token=person.token))
    await eventually(lambda: person.allowed("*D5"))
    await finished(scenario.client, await start_campaign(scenario.client, subject=subject))
    await scenario.letters(person.address, subject)


async def tables_seen(scenario: Scenario, person: Customer, purpose: Purpose) -> set[str]:
    """The tables in which a purpose sees rows of somebody."""
    tables = set()
    for service in SERVICES:
        async with scenario.resources[service.name].database.transaction(purpose) as tx:
            for table in service.data_map.everything:
                if await tx.value(f"SELECT count(*) FROM {table.name} WHERE subject_id = $1", person.id):  # noqa: S608
                    tables.add(table.name)
    return tables


async def test_no_campaign_reaches_a_restricted_person(scenario: Scenario, person: Customer) -> None:
    reader = await scenario.customer()
    campaign = await finished(scenario.client, await start_campaign(scenario.client, subject="Only for the free"))
    assert campaign.sent >= 1
    assert len([m for m in scenario.smtp.mails_to(reader.address) if m["Subject"] == "Only for the free"]) == 1
    assert [m for m in scenario.smtp.mails_to(person.address) if m["Subject"] == "Only for the free"] == []
    await lifted(person)
    await finished(scenario.client, await start_campaign(scenario.client, subject="For all again"))
    await scenario.letters(person.address, "For all again")


async def test_no_address_of_a_restricted_person_is_copied(scenario: Scenario) -> None:
    """Who consents in the account meanwhile is written to afterwards."""
    person = await scenario.register_customer()
    await person.use_right("restriction", ground="needed for claims")
    await person.until("in force")
    consent = {"purpose": Purpose.MARKETING_EMAIL, "given": True, "text_version": "T-7"}
    await scenario.ask(privacy.ChooseConsent(subject_id=person.id, surface="panel", method="box", **consent))
    await eventually(lambda: person.allowed(Purpose.MARKETING_EMAIL))

    async def is_asked_for() -> bool:
        async with scenario.resources["marketing"].database.transaction(Purpose.UPKEEP) as tx:
            return person.id in {decision.subject_id for decision in await audience.unreconciled(tx, 1000)}

    assert not await is_asked_for()
    await lifted(person)
    assert await is_asked_for() or await scenario.count("marketing", "subscriber", person.id)


async def test_the_contract_goes_on_and_a_new_one_does_not_begin(scenario: Scenario, person: Customer) -> None:
    assert (await person.validate("laptop-0001")).valid
    assert (await person.activate("laptop-0002")).valid
    assert (await scenario.ask(licensing.ListLicenses(subject_id=person.id))).licenses
    assert (await scenario.ask(licensing.ListInvoices(subject_id=person.id))).invoices
    before = await scenario.count("licensing", "purchase", person.id)
    order = licensing.PlaceOrder(
        subject_id=person.id,
        product="auditor-year",
        ip="203.0.113.77",
        terms_version="2026-01",
        accepts_terms=True,
        wants_immediate_delivery=True,
        knows_withdrawal_lapses=True,
    )
    assert await scenario.status(order) == BLOCKED
    assert await scenario.count("licensing", "purchase", person.id) == before
    await lifted(person)
    await person.order()


async def test_signing_in_and_the_pages_of_the_rights_work(scenario: Scenario, person: Customer) -> None:
    session = await scenario.ask(identity.SignIn(email=person.address, password=PASSWORD))
    assert session.token
    assert (await scenario.ask(identity.ReadProfile(subject_id=person.id))).email == person.address
    assert (await scenario.ask(privacy.ReadCases(subject_id=person.id))).cases
    assert (await scenario.ask(marketing.ReadInterests(subject_id=person.id))).interests
    await scenario.ask(identity.RequestPasswordReset(email=person.address))
    await scenario.letters(person.address, "hasł")


async def test_of_service_mail_only_what_the_list_names_leaves(scenario: Scenario, person: Customer) -> None:
    due = "SELECT count(*) FROM service_mail WHERE subject_id = $1 AND sent_at IS NULL"
    rounds = (
        (("license-expiring", "payment-due"), "Płatność oczekuje"),
        (("payment-received",), "Otrzymaliśmy płatność"),
    )
    for templates, subject in rounds:  # what leaves in the second round comes after all that was due in the first
        async with scenario.resources["licensing"].database.transaction(Purpose.UPKEEP) as tx:
            for template in templates:
                tx.publish(identity.ServiceMailDue(subject_id=person.id, template=template))
        await scenario.letters(person.address, subject)

    async def one_waits() -> bool:
        return bool(await scenario.rows["identity"].fetchval(due, person.id) == 1)

    await eventually(one_waits)
    assert [m for m in scenario.smtp.mails_to(person.address) if "wygas" in str(m["Subject"]).lower()] == []
    await lifted(person)

    async def none_waits() -> bool:
        return not await scenario.rows["identity"].fetchval(due, person.id)

    await eventually(none_waits)


async def test_what_is_over_stays_while_its_person_is_restricted_and_the_run_says_so(
    scenario: Scenario, person: Customer
) -> None:
    await scenario.rows["marketing"].execute(OLD_INTEREST, person.id)
    await scenario.rows["identity"].execute(OLD_ACTIVITY, person.id)
    old = {
        "marketing": ("interest", "keep_until < current_date"),
        "identity": ("activity", "at < now() - interval '91 d'"),
    }

    async def run() -> list[int]:
        for service in (MARKETING, IDENTITY):
            await run_today(scenario.resources[service.name].database, service.retention)
        return [await scenario.count(service, table, person.id, over) for service, (table, over) in old.items()]

    with capture_logs() as logs:
        assert await run() == [1, 1]
    told = {(line["table"], line["rows"]) for line in logs if line["event"] == "kept past its day by a restriction"}
    assert told == {("interest", 1), ("activity", 1)}
    await lifted(person)
    assert await run() == [0, 0]


async def test_a_cooling_off_restricts_until_it_is_taken_back(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenario.resources["privacy"].settings, "cooling_off_s", 3600.0)
    person = await scenario.customer()
    await person.ask_for_erasure(terminate=False)

    async def restricted() -> bool:
        return await person.allowed("*") is False and await person.allowed("*", "licensing") is False

    await eventually(restricted)
    assert (await person.validate("laptop-0001")).valid
    campaign = await finished(scenario.client, await start_campaign(scenario.client, subject=f"N {uuid4().hex[:6]}"))
    assert campaign.ended_early is False
    assert [m for m in scenario.smtp.mails_to(person.address) if str(m["Subject"]).startswith("N ")] == []
    await lifted(person)
