"""A retention run in tests: as of any day, once nobody else's is at work."""

from datetime import date, timedelta

from shared.clock import today
from shared.database import Database
from shared.personal_data.retention.daily import say_what_stays
from shared.personal_data.retention.ends import Retention
from shared.personal_data.retention.run_rows import AnotherRun, Purged, Ran
from shared.personal_data.retention.running import run
from tests.harness import eventually

A_DAY = timedelta(days=1)


async def run_as_of(database: Database, retention: Retention, day: date) -> Ran:
    """What a run did; a service that has just started may be at its own."""

    async def ran() -> Ran | None:
        try:
            return (await run(database, retention, day))[0]
        except AnotherRun:
            return None

    whole: Ran = await eventually(ran)
    return whole


async def run_today(database: Database, retention: Retention) -> None:
    """What the clock does once a day."""
    say_what_stays(retention, await run_as_of(database, retention, today()))


def purged(ran: Ran, what: str) -> Purged:
    """What a run did with rows of one kind."""
    return next(each for each in ran.purges if each.what == what)
