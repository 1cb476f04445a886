"""What holders are told of the end of a license, on the days before and after it."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from uuid import UUID

from services.licensing.jobs import due_dates
from services.licensing.licenses import store
from services.licensing.licenses.expiry_notices import SENT_UNTIL, due_on
from shared.clock import today
from shared.contracts import licensing
from shared.law.calendar import WARSAW
from shared.purposes import Purpose
from tests.harness import eventually
from tests.integration.licensing.driver import Driver, all_of

EVERY_STEP = list(SENT_UNTIL)
EVERY_DAY = range(-33, 20)
END = "SELECT expires_at FROM license WHERE subject_id = $1"
LICENSE = "SELECT license_id FROM license WHERE subject_id = $1"
RESTRICT = "INSERT INTO permission (subject_id, purpose, allowed, version) VALUES ($1, '*', false, 1)"
LIFT = "DELETE FROM permission WHERE subject_id = $1"
MOVE = "UPDATE license SET issued_at = issued_at + $2::interval, expires_at = expires_at + $2 WHERE subject_id = $1"
RUN_OUT = "UPDATE license SET state = 'expired', ended_from = $2 WHERE subject_id = $1"
RENEW = """
UPDATE license SET expires_at = expires_at + interval '400 days', state = 'active', ended_from = NULL
WHERE subject_id = $1
"""
LETTERS = """
SELECT template, facts ->> 'last_day' AS last_day, facts ->> 'product' AS product FROM service_mail
WHERE subject_id = $1 AND facts ? 'last_day'
"""


async def holder(driver: Driver, product: str = "auditor-year") -> UUID:
    person = await driver.person()
    await driver.buy(person, product=product)
    return person


async def suspend(driver: Driver, person: UUID, *, suspended: bool) -> None:
    license_id = await driver.rows.fetchval(LICENSE, person)
    await driver.ask(licensing.SuspendLicense(license_id=license_id, suspended=suspended))


async def told(driver: Driver, person: UUID, days: Iterable[int]) -> list[int]:
    """What a person is told when the job runs on these days, counted from the last one of the license on."""
    steps: list[int] = []
    end = await driver.rows.fetchval(END, person)
    for passed in days:
        at = end - timedelta(hours=12) + timedelta(days=passed)  # about noon, in summer and winter
        async with driver.resources.database.transaction(Purpose.UPKEEP) as tx:
            notices = await store.mark_told(tx, at, due_on(at.astimezone(WARSAW).date()), 200)
        steps += [notice.step for notice in notices if notice.subject_id == person]
    return steps


async def test_every_step_is_told_once_and_a_later_end_anew(driver: Driver) -> None:
    person = await holder(driver)
    twice = [day for day in EVERY_DAY for _ in range(2)]
    assert await told(driver, person, twice) == EVERY_STEP
    assert await told(driver, person, EVERY_DAY) == []
    await driver.rows.execute(RUN_OUT, person, "active")
    await driver.rows.execute(RENEW, person)
    assert await told(driver, person, twice) == EVERY_STEP


async def test_after_an_outage_the_latest_step_alone_is_told(driver: Driver) -> None:
    person = await holder(driver)
    assert await told(driver, person, (-31, -26)) == []
    assert await told(driver, person, (-5, -4)) == [-7]
    await driver.rows.execute(RUN_OUT, person, "active")
    assert await told(driver, person, (13,)) == [1]
    assert await told(driver, person, (18, 19)) == []


async def test_whose_license_is_not_used_up_is_not_told_of_its_end(driver: Driver) -> None:
    forever, erased, ended, suspended = [
        await holder(driver, product) for product in ("studio-perpetual", *["auditor-year"] * 3)
    ]
    await suspend(driver, suspended, suspended=True)
    assert await told(driver, suspended, (-7, -6)) == []
    await suspend(driver, suspended, suspended=False)
    assert await told(driver, suspended, (-5,)) == [-7]
    await suspend(driver, suspended, suspended=True)
    assert await told(driver, suspended, (-1, 1)) == []
    await driver.rows.execute(RUN_OUT, suspended, "suspended")
    assert await told(driver, suspended, EVERY_DAY) == []
    license_id = await driver.rows.fetchval(LICENSE, ended)
    await driver.ask(licensing.EndLicense(subject_id=ended, license_id=license_id))
    assert await told(driver, ended, EVERY_DAY) == []
    await driver.erase(erased, terminate=False)
    assert await driver.count("license", erased, "state = 'active' AND NOT live") == 1
    assert await told(driver, erased, EVERY_DAY) == []
    assert await driver.count("license", forever, "expiry_told_step IS NULL") == 1


async def test_who_is_restricted_is_told_of_the_end_alone(driver: Driver) -> None:
    person = await holder(driver)
    await driver.rows.execute(RESTRICT, person)
    assert await told(driver, person, EVERY_DAY) == [1]
    await driver.rows.execute(RENEW, person)
    assert await told(driver, person, range(-33, -5)) == []
    await driver.rows.execute(LIFT, person)
    assert await told(driver, person, (-4, -3)) == [-7]


async def test_jobs_at_once_write_one_letter(driver: Driver) -> None:
    """Of each of its kinds, with the product and the last day."""
    letters = []
    for left, template in ((6, "license-expiring"), (-1, "license-expired"), (-14, "license-stays-expired")):
        person = await holder(driver)
        last_day = today() + timedelta(days=left)
        end = await driver.rows.fetchval(END, person)
        await driver.rows.execute(MOVE, person, last_day - (end - timedelta(hours=1)).astimezone(WARSAW).date())
        letters.append((person, (template, last_day.isoformat(), "Site Auditor, one year")))
    faults = await all_of(*(due_dates.step(driver.resources.database) for _ in range(4)))
    assert faults == [False] * 4
    for person, letter in letters:
        (written,) = await eventually(partial(driver.accounts.fetch, LETTERS, person))
        assert tuple(written) == letter
