"""Ending a license: who may, and until when it can be taken back."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.licensing.licenses import lifetime
from shared.clock import now
from shared.contracts import licensing
from shared.contracts.actors import Actor
from shared.contracts.licensing import ActivateLicense, ValidateLicense
from shared.contracts.message import Done, Event
from shared.problems import Refused
from shared.purposes import Purpose
from tests.harness import eventually
from tests.integration.licensing.driver import Driver

ENDED_AGO = "UPDATE license SET ended_at = now() - $2::interval WHERE license_id = $1"


async def holder(driver: Driver, product: str = "studio-perpetual") -> tuple[UUID, UUID, str]:
    """Somebody with a license: person, license, key."""
    person = await driver.person()
    await driver.buy(person, product=product)
    (held,) = (await driver.ask(licensing.ListLicenses(subject_id=person))).licenses
    return person, held.license_id, await driver.key(person)


async def end(driver: Driver, person: UUID, license_id: UUID, minutes_ago: float = 0) -> Done:
    """End a license in a session that was proved so long ago."""
    actor = Actor(person, "member", now() - timedelta(minutes=minutes_ago))
    request = licensing.EndLicense(license_id=license_id)
    done: Done = await driver.ask(request, assertion=driver.harness.signer.sign(actor))
    return done


@pytest.mark.parametrize("minutes_ago", [16, 60 * 24 * 29])
async def test_a_perpetual_license_ends_by_who_has_just_proved_it(driver: Driver, minutes_ago: float) -> None:
    person, license_id, key = await holder(driver)
    with pytest.raises(Refused) as refused:
        await end(driver, person, license_id, minutes_ago)
    assert (refused.value.problem.status, refused.value.problem.type) == (403, "urn:lethe:problem:reauthentication")
    assert (await driver.ask(ValidateLicense(key=key))).code == "VALID"
    for proved in (14, minutes_ago):  # the second time it has ended
        await end(driver, person, license_id, proved)
    assert (await driver.ask(ValidateLicense(key=key))).code == "ENDED"


async def test_a_license_that_runs_out_anyway_needs_no_proof(driver: Driver) -> None:
    person, license_id, key = await holder(driver, "auditor-year")
    await end(driver, person, license_id, 60 * 24)
    assert (await driver.ask(ValidateLicense(key=key))).code == "ENDED"


@pytest.mark.parametrize("days", [0, 6.99])
async def test_a_holder_takes_the_end_back_within_a_week(driver: Driver, days: float) -> None:
    person, license_id, key = await holder(driver)
    await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))
    await end(driver, person, license_id)
    await driver.rows.execute(ENDED_AGO, license_id, timedelta(days=days))
    restore = licensing.RestoreLicense(subject_id=person, license_id=license_id)
    assert [await driver.status(restore) for _ in range(2)] == [200, 200]
    assert (await driver.ask(ValidateLicense(key=key))).code == "VALID"
    assert (await driver.ask(ActivateLicense(key=key, fingerprint="laptop-1"))).valid
    letters = """SELECT count(*) FROM service_mail
      WHERE subject_id = $1 AND template IN ('contract-ended', 'contract-restored')"""
    await eventually(lambda: driver.accounts.fetchval(letters.replace("count(*)", "count(*) = 2"), person))
    assert await driver.accounts.fetchval(letters, person) == 2


async def test_what_can_not_be_taken_back(driver: Driver) -> None:
    """Too late, refunded meanwhile, revoked by nobody's own wish, somebody else's."""
    late, refunded, suspended = [await holder(driver) for _ in range(3)]
    await driver.ask(licensing.SuspendLicense(license_id=suspended[1]))
    for person, license_id, _ in (late, refunded, suspended):
        await end(driver, person, license_id)
    await driver.rows.execute(ENDED_AGO, late[1], timedelta(days=7, seconds=1))
    reference = await driver.rows.fetchval("SELECT reference FROM payment WHERE subject_id = $1", refunded[0])
    await driver.ask(await driver.played(reference, "refund.made"))

    async def restored(person: UUID, license_id: UUID) -> int:
        return await driver.status(licensing.RestoreLicense(subject_id=person, license_id=license_id))

    assert await restored(*late[:2]) == await restored(*refunded[:2]) == 409
    assert await restored(late[0], refunded[1]) == 404
    assert await restored(*suspended[:2]) == 200
    codes = [(await driver.ask(ValidateLicense(key=key))).code for _, _, key in (late, refunded, suspended)]
    assert codes == ["ENDED", "ENDED", "SUSPENDED"]


async def test_a_license_that_ran_out_is_told_of_once(driver: Driver) -> None:
    """A suspended one, too, the day after its last one; not that of an erased person, which ends otherwise."""
    active, suspended, works_on, erased = [await holder(driver, "auditor-year") for _ in range(4)]
    await driver.erase(erased[0], terminate=False)
    await driver.ask(licensing.SuspendLicense(license_id=suspended[1]))
    for (person, _, _), hours in ((active, 24), (suspended, 25), (works_on, 23.9), (erased, 48)):
        past = now() - timedelta(hours=hours)
        await driver.rows.execute("UPDATE license SET expires_at = $2 WHERE subject_id = $1", person, past)
    told: list[Event] = []
    for _ in range(2):
        async with driver.resources.database.transaction(Purpose.UPKEEP) as tx:
            await lifetime.run_out(tx, 200)
            told += tx.outgoing
    ids = {license_id: person for person, license_id, _ in (active, suspended)}
    assert sorted(told, key=str) == sorted(
        (licensing.LicenseEnded(subject_id=ids[each], license_id=each, reason="expired") for each in ids), key=str
    )
    codes = [(await driver.ask(ValidateLicense(key=key))).code for _, _, key in (active, suspended, works_on)]
    assert codes == ["EXPIRED", "EXPIRED", "VALID"]
    held = [await driver.ask(licensing.ListLicenses(subject_id=person)) for person, _, _ in (active, works_on)]
    assert [each.licenses[0].state for each in held] == ["expired", "expired"]
    for suspend in (True, False):
        assert await driver.status(licensing.SuspendLicense(license_id=active[1], suspended=suspend)) == 409
    await end(driver, *active[:2])
    restore = licensing.RestoreLicense(subject_id=active[0], license_id=active[1])
    assert await driver.status(restore) == 200
    assert (await driver.ask(ValidateLicense(key=active[2]))).code == "EXPIRED"
