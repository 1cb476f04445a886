"""An account that nobody uses: warned twice, then ended as an erasure; a contract, a sign-in, a restriction stop it."""

import json
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest

from services.identity.accounts.dormancy import WAIT, next_step, unused_before
from services.identity.jobs.dormant_accounts import as_of
from services.privacy.handlers.dormant_accounts import end_dormant
from services.privacy.sealed_addresses import AddressSeal
from shared.clock import today
from shared.contracts import identity
from shared.law.calendar import months_after
from shared.purposes import Purpose
from tests.harness import eventually
from tests.sample.harness import handled
from tests.scenario import PASSWORD, Customer, Scenario

TOLD = "privacy.on.identity.account-dormant"
A_DAY = timedelta(days=1)
WARNED = "SELECT warned_on, warned_again_on, ended_on FROM account WHERE subject_id = $1"
LETTERS = """
SELECT array_agg(facts ->> 'ends_on' ORDER BY created_at) FROM service_mail
WHERE subject_id = $1 AND template = 'account-dormant'
"""


@pytest.fixture
async def person(scenario: Scenario) -> Customer:
    return await scenario.register_customer()


@pytest.fixture
async def dormant_on(scenario: Scenario, person: Customer) -> date:
    """The first day on which the person's account counts as dormant."""
    used_on: date = await scenario.rows["identity"].fetchval(
        "SELECT used_on FROM account WHERE subject_id = $1", person.id
    )
    return months_after(used_on, 24) + A_DAY


async def runs(scenario: Scenario, day: date) -> None:
    identity_at_work = scenario.resources["identity"]
    while await as_of(identity_at_work.database, identity_at_work.client, day):
        pass


async def noted(scenario: Scenario, person: UUID) -> tuple[date | None, ...]:
    return tuple(await scenario.rows["identity"].fetchrow(WARNED, person) or ())


async def test_nobody_ends_unwarned_and_whoever_is_warned_twice_ends_as_an_erasure(
    scenario: Scenario, person: Customer, dormant_on: date
) -> None:
    await runs(scenario, dormant_on - A_DAY)
    assert await noted(scenario, person.id) == (None, None, None)
    await runs(scenario, dormant_on)
    await runs(scenario, dormant_on + WAIT - A_DAY)
    assert await noted(scenario, person.id) == (dormant_on, None, None)
    again = dormant_on + WAIT
    await runs(scenario, again)
    await runs(scenario, again + WAIT - A_DAY)
    assert await noted(scenario, person.id) == (dormant_on, again, None)
    last = again + WAIT
    assert await scenario.rows["identity"].fetchval(LETTERS, person.id) == [last.isoformat()] * 2
    texts = await scenario.letters(person.address, "Twoje konto od dawna nie jest używane")
    assert last.isoformat() in texts[0]
    await runs(scenario, last)
    erased = "SELECT NOT live FROM subject WHERE subject_id = $1"
    for rows in scenario.rows.values():
        await eventually(partial(rows.fetchval, erased, person.id))
    case = "SELECT channel, state FROM privacy_case WHERE subject_id = $1"
    assert tuple(await scenario.rows["privacy"].fetchrow(case, person.id) or ()) == ("retention", "closed")
    assert await scenario.live_rows(person.id) == []
    assert await scenario.letters(person.address, "Wynik żądania usunięcia danych")


async def test_whoever_signs_in_is_no_stranger_any_more(scenario: Scenario, person: Customer, dormant_on: date) -> None:
    before = today()
    await runs(scenario, dormant_on)
    await runs(scenario, dormant_on + WAIT)
    await scenario.ask(identity.SignIn(email=person.address, password=PASSWORD, ip="203.0.113.9", device="Test"))
    assert await noted(scenario, person.id) == (None, None, None)
    used = "SELECT used_on FROM account WHERE subject_id = $1"
    assert before <= await scenario.rows["identity"].fetchval(used, person.id) <= today()


async def test_whose_contract_goes_on_is_not_dormant(scenario: Scenario, person: Customer, dormant_on: date) -> None:
    await person.start_payment(await person.order(product="studio-perpetual"))
    await scenario.ask(await person.provider_says("payment.confirmed"))
    for day in (dormant_on, dormant_on + WAIT, dormant_on + 2 * WAIT):
        await runs(scenario, day)
    assert await noted(scenario, person.id) == (None, None, None)
    seen = "SELECT contract_seen_on FROM account WHERE subject_id = $1"
    assert await scenario.rows["identity"].fetchval(seen, person.id) == dormant_on + 2 * WAIT


@pytest.mark.parametrize("kept", ["restricted", "held"])
async def test_nothing_is_done_with_an_account_that_must_stay(
    scenario: Scenario, person: Customer, dormant_on: date, kept: str
) -> None:
    how = {
        "restricted": "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, '*', false, 1)",
        "held": """INSERT INTO hold (hold_id, subject_id, scope, version, review_at, provisions, exemptions)
          VALUES (gen_random_uuid(), $1, '{*}', 1, current_date + 90, '{KC art. 118}', '{GDPR Art. 17(3)(e)}')""",
    }
    await scenario.rows["identity"].execute(how[kept], person.id)
    for day in (dormant_on, dormant_on + WAIT, dormant_on + 2 * WAIT):
        await runs(scenario, day)
    assert await noted(scenario, person.id) == (None, None, None)


async def test_an_end_that_is_told_twice_opens_one_case(scenario: Scenario, person: Customer) -> None:
    """And one that is told once more when its person has been erased opens none, and is no poison."""
    before, late, poison = handled(TOLD, "done"), handled(TOLD, "late"), handled(TOLD, "permanent")
    told = identity.AccountDormant(subject_id=person.id, unused_since=date(2020, 1, 1))
    twice = "INSERT INTO outbox (type, subject, body) VALUES ($1, $2, $3), ($1, $2, $3)"
    body = json.dumps(told.model_dump(mode="json"))
    await scenario.rows["identity"].execute(twice, told.type, str(person.id), body)
    erased = "SELECT NOT live FROM subject WHERE subject_id = $1"
    for service in ("identity", "privacy"):  # each marks its own: an event that privacy meets before is no late one
        await eventually(partial(scenario.rows[service].fetchval, erased, person.id))
    once = "INSERT INTO outbox (type, subject, body) VALUES ($1, $2, $3)"
    await scenario.rows["identity"].execute(once, told.type, str(person.id), body)
    await eventually(lambda: handled(TOLD, "done") + handled(TOLD, "late") >= before + late + 3)
    assert handled(TOLD, "permanent") == poison
    assert handled(TOLD, "late") > late
    cases = "SELECT count(*) FROM privacy_case WHERE subject_id = $1"
    assert await scenario.rows["privacy"].fetchval(cases, person.id) == 1


async def test_an_end_that_is_told_again_while_its_case_is_open_changes_nothing(
    scenario: Scenario, person: Customer
) -> None:
    at_work = scenario.resources["privacy"]
    told = identity.AccountDormant(subject_id=person.id, unused_since=date(2020, 1, 1))
    address = await at_work.client.request(identity.TellAddress(subject_id=person.id))
    seal = AddressSeal(at_work.settings.keyring("privacy"))
    async with at_work.database.transaction(Purpose.RIGHTS) as tx:
        for _ in range(2):
            await end_dormant(told, tx, address, seal, at_work.settings)
    cases = "SELECT count(*) FROM privacy_case WHERE subject_id = $1"
    assert await scenario.rows["privacy"].fetchval(cases, person.id) == 1


@pytest.mark.parametrize(
    ("warned", "again", "step"),
    [
        (None, None, "warn"),
        (29, None, None),
        (30, None, "warn again"),
        (60, 29, None),
        (60, 30, "end"),
    ],
)
def test_each_warning_stands_for_its_time(warned: int | None, again: int | None, step: str | None) -> None:
    day = date(2031, 3, 30)
    days = [None if since is None else day - timedelta(days=since) for since in (warned, again)]
    assert next_step(days[0], days[1], day) == step


def test_two_years_are_counted_to_the_day() -> None:
    """Also from a day that the year of the end does not have."""
    assert unused_before(date(2030, 3, 1)) == date(2028, 3, 1)
    assert unused_before(date(2030, 2, 28)) == date(2028, 2, 28)
