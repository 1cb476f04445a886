"""Legal holds from the officer's act to the certificate, its second page and the letter."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.licensing.data_map import DATA_MAP
from services.licensing.jobs import due_dates
from services.marketing.app import SERVICE as MARKETING
from services.privacy.jobs.holds import see_to_holds
from shared.clock import today
from shared.contracts import licensing, privacy
from shared.personal_data.retention_run import end_retention
from tests.harness import eventually
from tests.integration.licensing.driver import order_of
from tests.retention import run_today
from tests.scenario import Customer, Scenario, entry, running_scenario, scenario_harness

REVIEW = today() + timedelta(days=90)
JANS = {"kind": "sole trader", "company": "Jan Kowalski Usługi", "nip": "1234563218"}


@pytest.fixture(scope="module")
async def scenario(servers: Servers) -> AsyncIterator[Scenario]:
    async with scenario_harness(servers) as harness, running_scenario(harness) as running:
        yield running


async def placed(scenario: Scenario, person: UUID, *scope: str) -> UUID:
    wanted = {"scope": scope, "ground": "proceedings", "owner": "officer", "review_on": REVIEW}
    reason = "Suit IX GC 12/26 is pending."
    answer = await scenario.ask(privacy.PlaceHold(person_id=person, reason=reason, **wanted))
    return UUID(str(answer.id))


async def released(scenario: Scenario, hold_id: UUID) -> None:
    await scenario.ask(privacy.ReleaseHold(hold_id=hold_id, reason="The suit was withdrawn."))


async def until_second_page(person: Customer, table: str) -> dict[str, Any]:
    """The certificate, once a second page tells of the end of a table's rows."""

    async def there() -> dict[str, Any] | None:
        certificate = await person.certificate()
        ended = {t["table"] for page in certificate["second_pages"] for t in page["tables"] if t["rows"]}
        return certificate if table in ended else None

    certificate: dict[str, Any] = await eventually(there)
    return certificate


async def test_what_is_held_outlives_the_erasure_and_goes_with_the_release(scenario: Scenario) -> None:
    person = await scenario.customer()
    hold_id = await placed(scenario, person.id, "D8")
    certificate = await person.erase(terminate=True)
    assert certificate["outcome"] == "partial refusal"
    held = entry(certificate, "licensing", "license")
    assert (held["outcome"], held["rows"], held["holds"]) == ("refused", 1, [str(hold_id)])
    assert (held["review_at"], held["exception"]) == (REVIEW.isoformat(), "GDPR Art. 17(3)(e)")
    assert entry(certificate, "licensing", "activation")["holds"] == [str(hold_id)]
    assert entry(certificate, "licensing", "purchase_origin")["outcome"] == "purged"
    assert entry(certificate, "identity", "account")["outcome"] == "purged"
    assert entry(certificate, "marketing", "subscriber")["outcome"] == "purged"
    assert {kept["table"] for kept in certificate["kept"]} >= {"license", "activation", "hold", "legal_hold"}
    assert await scenario.live_rows(person.id) == []
    assert (await person.validate()).code == "NOT_FOUND", "what is held is not in use"
    (letter,) = await scenario.letters(person.address, "poza tym, co musimy zachować")
    assert f"Numer wstrzymania usunięcia: {hold_id}" in letter
    assert REVIEW.isoformat() in letter
    assert "toczy się albo może się zacząć postępowanie" in re.sub(r"\s+", " ", letter)
    await released(scenario, hold_id)
    certificate = await until_second_page(person, "license")
    assert await scenario.count("licensing", "license", person.id) == 0
    assert await scenario.count("licensing", "activation", person.id) == 0
    assert await scenario.count("licensing", "invoice", person.id) == 1, "tax law has its own date"
    assert entry(certificate, "licensing", "license")["holds"] == [str(hold_id)], "what was told stays"


async def test_an_erasure_that_can_not_go_round_a_hold_waits_and_its_person_is_told(scenario: Scenario) -> None:
    person = await scenario.customer()
    hold_id = await placed(scenario, person.id, "*")
    case_id = await person.ask_for_erasure(terminate=True)
    await scenario.letters(person.address, "Otrzymaliśmy Twoje żądanie usunięcia danych")

    async def told() -> bool:
        await see_to_holds(scenario.resources["privacy"].database)
        return bool(await scenario.rows["privacy"].fetchval(TOLD, case_id))

    await eventually(told)
    (letter,) = await scenario.letters(person.address, "musi poczekać")
    assert "wszystkie Twoje dane" in letter
    assert str(hold_id) in letter
    assert REVIEW.isoformat() in letter
    assert "Moniuszki 1A" in letter
    assert "{" not in letter
    case = await person.case()
    assert (case.state, case.held_until_review_on) == ("waiting", REVIEW)
    assert await scenario.count("identity", "account", person.id) == 1
    await released(scenario, hold_id)
    await person.until("closed")
    assert (await person.certificate())["outcome"] == "partial refusal"
    assert await scenario.live_rows(person.id) == []


TOLD = "SELECT hold_told_at IS NOT NULL AND letter IS NULL FROM privacy_case WHERE case_id = $1"


async def test_example_11_a_debt_is_held_until_it_is_paid(scenario: Scenario) -> None:
    """Jan's unpaid invoice: the debt is kept under 17(3)(e), with its hold and its review, and marketing is purged."""
    jan = await scenario.register_customer("Jan Kowalski", **JANS)
    await jan.subscribe()
    order = await scenario.ask(order_of(jan.id, pay_by="transfer", professional=True))
    sold_on, asked_on = date(2026, 12, 15), today()
    older = "UPDATE invoice SET issued_on = $2, sold_on = $2, due_on = $3, retain_until = $4 WHERE subject_id = $1"
    until = date(2032, 12, 31)
    await scenario.rows["licensing"].execute(older, jan.id, sold_on, date(2026, 12, 29), until)
    await scenario.rows["licensing"].execute(
        "UPDATE purchase SET retain_until = $2 WHERE subject_id = $1", jan.id, until
    )
    certificate = await jan.erase(terminate=True)
    debt = entry(certificate, "licensing", "invoice")
    assert debt["outcome"] == "refused"
    assert debt["retain_until"] == until.isoformat()
    assert date.fromisoformat(debt["review_at"]) > asked_on
    assert {"GDPR Art. 17(3)(e)", "GDPR Art. 17(3)(b)"} <= set(debt["exception"].split("; "))
    assert "unpaid debt: KC art. 118" in debt["provision"]
    assert entry(certificate, "marketing", "subscriber")["outcome"] == "purged"
    (hold,) = await eventually(lambda: holds_of(scenario, jan.id))
    assert debt["holds"] == [str(hold.hold_id)]
    assert (hold.owner, hold.review_on, hold.released_at) == ("finance", date.fromisoformat(debt["review_at"]), None)
    (letter,) = await scenario.letters(jan.address, "poza tym, co musimy zachować")
    assert str(hold.hold_id) in letter
    assert "faktura nie jest zapłacona" in re.sub(r"\s+", " ", letter)
    await due_dates.step(scenario.resources["licensing"].database)
    assert (await holds_of(scenario, jan.id))[0].released_at is None, "a human looks at it, and payment ends it"
    await scenario.ask(licensing.RecordTransfer(order_id=order.id))
    await until_second_page(jan, "purchase_terms")

    async def over() -> bool:
        return (await holds_of(scenario, jan.id))[0].released_at is not None

    await eventually(over)
    database = scenario.resources["licensing"].database
    for day, rows in ((until, 1), (until + timedelta(days=1), 0)):
        await end_retention(database, DATA_MAP, day)
        assert await scenario.count("licensing", "invoice", jan.id) == rows
        assert await scenario.count("licensing", "purchase", jan.id) == rows


async def holds_of(scenario: Scenario, person: UUID) -> tuple[privacy.LegalHold, ...]:
    holds: tuple[privacy.LegalHold, ...] = (await scenario.ask(privacy.ListHolds(person_id=person))).holds
    return holds


OLD = {
    ("identity", "activity"): (
        "INSERT INTO activity (subject_id, what, ip, at) VALUES ($1, 'signed in', '', now() - interval '1 year')",
        "at < now() - interval '91 d'",
    ),
    ("marketing", "interest"): (
        "INSERT INTO interest (subject_id, topic, source, keep_until) VALUES ($1, 'a', 'observed', current_date - 1)",
        "keep_until < current_date",
    ),
    ("marketing", "subscriber"): (
        "UPDATE subscriber SET keep_until = current_date - 1, asked_on = current_date - 90 WHERE subject_id = $1",
        "keep_until < current_date",
    ),
    ("licensing", "purchase_origin"): (
        "UPDATE purchase_origin SET purge_after = current_date - 1 WHERE subject_id = $1",
        "purge_after < current_date",
    ),
}


async def test_what_is_over_stays_while_it_is_held_and_the_run_says_so(scenario: Scenario) -> None:
    person = await scenario.customer()
    hold_id = await placed(scenario, person.id, "*")
    for (service, _), (makes_old, _) in OLD.items():
        await eventually(partial(scenario.count, service, "hold", person.id, "review_at IS NOT NULL"))
        await scenario.rows[service].execute(makes_old, person.id)

    async def run() -> list[int]:
        for service in (IDENTITY, MARKETING, LICENSING):
            await run_today(scenario.resources[service.name].database, service.retention)
        await due_dates.step(scenario.resources["licensing"].database)
        return [await scenario.count(service, table, person.id, over) for (service, table), (_, over) in OLD.items()]

    with capture_logs() as logs:
        assert await run() == [1, 1, 1, 1]
    told = {(line["table"], line["rows"]) for line in logs if line["event"] == "kept past its day by a hold"}
    assert told == {(table, 1) for _, table in OLD}
    await released(scenario, hold_id)
    for service, _ in OLD:
        await eventually(partial(scenario.count, service, "hold", person.id, "review_at IS NULL"))
    assert await run() == [0, 0, 0, 0]
