"""Ten years of retention, one run a year: what is over ends, class by class, and what is not over stays."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from rich.table import Table

from deploy.demo.stage import Stage
from deploy.local import system
from deploy.local.system import SERVICES
from shared.clock import today
from shared.database import Database
from shared.messaging.outbox import enqueue
from shared.personal_data.retention import running
from shared.personal_data.retention.run_rows import Purged

YEARS = 10
NAMED = 4


async def play(stage: Stage) -> dict[str, Any]:
    """A run as of the first day of each of the coming years."""
    table = Table("as of", "rows ended", "most of them", "kept past their day", title="Ten years of retention")
    ended = 0
    for year in range(today().year + 1, today().year + 1 + YEARS):
        purges = await _run(stage, date(year, 1, 1))
        rows = {each.what: each.rows for each in purges if each.rows}
        most = sorted(rows, key=lambda name: -rows[name])[:NAMED]
        kept = sum(sum(each.skips.values()) for each in purges)
        table.add_row(f"{year}-01-01", f"{sum(rows.values())}", ", ".join(most) or "-", f"{kept}")
        ended += sum(rows.values())
    stage.console.print(table)
    return {"rows_ended_in_ten_years": ended}


async def _run(stage: Stage, day: date) -> Sequence[Purged]:
    """A run in every service, as the nightly job and `./lethe retention run` do it."""
    purges: list[Purged] = []
    for name in SERVICES:
        database = Database(stage.running.databases[name].app, name, enqueue, 2)
        await database.open()
        try:
            ran, _ = await running.run(database, system.service(name).retention, day)
        finally:
            await database.close()
        purges.extend(ran.purges)
    return purges
