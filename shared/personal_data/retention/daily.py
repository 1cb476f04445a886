"""What runs by the clock: once a day for the living, as often as a hold ends for the erased."""

from shared.clock import today
from shared.database import Database
from shared.observability import log
from shared.personal_data.retention import run_rows, running
from shared.personal_data.retention.ends import Retention
from shared.personal_data.retention_run import end_retention
from shared.purposes import Purpose


async def end_what_is_over(database: Database, retention: Retention) -> bool:
    """The first step of a day at the vendor's seat runs through everything; answers whether more waits."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        ran_today = await run_rows.has_run(tx, today())
    if ran_today:
        return await end_retention(database, retention.data_map)
    try:
        ran, _ = await running.run(database, retention)
    except run_rows.AnotherRun:  # another instance, or an operator's command
        return False
    log.info("retention run", rows=sum(purged.rows for purged in ran.purges))
    for purged in ran.purges:
        if purged.skips:
            log.info("kept past its day", table=purged.name, rows=sum(purged.skips.values()))
    return await end_retention(database, retention.data_map)
