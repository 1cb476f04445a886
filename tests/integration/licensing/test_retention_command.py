"""`./lethe retention run`: what would end is told without doing it, then ends, and a wrong use is a sentence."""

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.servers import Servers
from shared.clock import today
from tests.harness import eventually
from tests.integration.licensing import driver as drivers
from tests.integration.licensing.driver import Driver
from tests.retention import A_DAY
from tests.sample.harness import lethe, lethe_apart  # the former's errors alone: services log to the other stream

TAX_ENDS = date(today().year + 7, 1, 1)
BEGUN = "INSERT INTO retention_run (run_id, as_of, seen_at) VALUES ($1, $2, clock_timestamp() - $3::text::interval)"


@pytest.fixture(scope="module")
async def driver(servers: Servers) -> AsyncIterator[Driver]:
    """Of its own: what is counted here is all there is."""
    async with drivers.opened(servers) as opened:
        yield opened


async def ran(driver: Driver, day: date, *options: str) -> dict[str, Any]:
    """What the command says of each kind of rows."""
    words = ("retention", "run", "licensing", "--as-of", day.isoformat(), "--early", "--json", *options)
    (result,) = json.loads(await lethe_apart(driver.harness, *words))
    assert result["service"] == "licensing"
    assert result["as_of"] == day.isoformat()
    return {purged["what"]: purged for purged in result["purges"]}


async def test_a_dry_run_tells_what_would_end_and_ends_nothing(driver: Driver) -> None:
    person = await driver.person()
    await driver.buy(person)
    before = await driver.counts(person)
    assert "invoice" not in await ran(driver, TAX_ENDS - A_DAY, "--dry-run")
    foreseen = await ran(driver, TAX_ENDS, "--dry-run")
    assert await driver.counts(person) == before
    assert (foreseen["invoice"]["rows"], foreseen["invoice"]["skips"]) == (1, {})
    assert foreseen["purchase"]["skips"] == {"its license is kept": 1}
    done = await ran(driver, TAX_ENDS)
    assert done == foreseen
    assert await driver.count("invoice", person) == 0
    assert await ran(driver, TAX_ENDS) == {"purchase": foreseen["purchase"]}, "a second run finds nothing left"


async def test_a_day_before_the_last_run_is_refused(driver: Driver) -> None:
    await ran(driver, TAX_ENDS)
    refused = await lethe(driver.harness, "retention", "run", "licensing", "--early", "--as-of", str(TAX_ENDS - A_DAY))
    assert refused.exit_code == 2
    assert refused.stderr.strip() == (
        f"lethe: licensing has run as of {TAX_ENDS} already: name that day or a later one"
    )


async def test_what_is_not_over_yet_goes_by_an_explicit_word_only(driver: Driver) -> None:
    person = await driver.person()
    await driver.buy(person)
    refused = await lethe(driver.harness, "retention", "run", "licensing", "--as-of", str(TAX_ENDS))
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"lethe: {TAX_ENDS} is to come, and what is not over yet would go")
    assert await driver.count("invoice", person) == 1


async def test_what_is_no_day_is_refused(driver: Driver) -> None:
    refused = await lethe(driver.harness, "retention", "run", "--as-of", "tomorrow")
    assert (refused.exit_code, refused.stderr) == (2, "lethe: --as-of wants a day as in 2031-01-01\n")


async def test_two_runs_at_once_do_not_mix(driver: Driver) -> None:
    await driver.rows.execute(BEGUN, uuid4(), TAX_ENDS, "1 second")
    try:
        refused = await lethe(driver.harness, "retention", "run", "licensing", "--early", "--as-of", str(TAX_ENDS))
    finally:
        await driver.rows.execute("DELETE FROM retention_run WHERE ended_at IS NULL")
    assert refused.exit_code == 1
    assert "another retention run is at work in licensing" in refused.stderr


async def test_an_interrupted_run_is_evidence_of_what_it_had_done(driver: Driver) -> None:
    run_id = uuid4()
    await driver.rows.execute(BEGUN, run_id, TAX_ENDS, "2 minutes")
    count = (
        "INSERT INTO retention_purge (run_id, what, retention, cut_off, rows) VALUES ($1, 'invoice', 'R-TAX', $2, 7)"
    )
    await driver.rows.execute(count, run_id, TAX_ENDS)
    await ran(driver, TAX_ENDS)
    async with driver.harness.superuser("privacy") as rows:
        noted = "SELECT purges -> 0 ->> 'rows' FROM retention_evidence WHERE run_id = $1 AND NOT whole"
        assert await eventually(lambda: rows.fetchval(noted, run_id)) == "7"
