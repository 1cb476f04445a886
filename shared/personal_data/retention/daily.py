"""What runs by the clock: once a day for the living, as often as a hold ends for the erased."""

from collections import Counter

from shared.clock import today
from shared.database import Database
from shared.observability import log, metrics
from shared.personal_data.retention import run_rows, running
from shared.personal_data.retention.checking import endless
from shared.personal_data.retention.ends import Retention
from shared.personal_data.retention.run_rows import Ran
from shared.personal_data.retention.statements import OF_A_HOLD, RESTRICTION
from shared.personal_data.retention_run import end_retention
from shared.purposes import Purpose


async def end_what_is_over(database: Database, retention: Retention) -> bool:
    """The first step of a day at the vendor's seat runs through everything; answers whether more waits."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        ran_today = await run_rows.has_run(tx, today())
    if not ran_today:
        try:
            ran, _ = await running.run(database, retention)
        except run_rows.AnotherRun:  # another instance, or an operator's command
            return False
        log.info("retention run", rows=sum(purged.rows for purged in ran.purges))
        say_what_stays(retention, ran)
        await _say_what_has_no_end(database, retention)
    return await end_retention(database, retention.data_map)


async def _say_what_has_no_end(database: Database, retention: Retention) -> None:
    """Nothing is kept without a last day, or a reason and a day of review: what is, somebody has to declare."""
    found = {each.table: each.rows for each in await endless(database, retention)}
    for table in retention.data_map.everything:
        rows = found.get(table.name, 0)
        metrics.without_end.labels(retention.data_map.service, table.name).set(-1 if rows is None else rows)
        if table.name in found:
            log.error("kept without an end", table=table.name, rows=rows)


def say_what_stays(retention: Retention, ran: Ran) -> None:
    """Count and log the rows of the living that a restriction or a hold keeps past their day, by table."""
    table_of = {ends.name: ends.table for ends in retention.ends}
    held, restricted = Counter[str](), Counter[str]()
    for purged in ran.purges:
        if table := table_of.get(purged.what):
            restricted[table] += purged.skips.get(RESTRICTION, 0)
            held[table] += sum(rows for reason, rows in purged.skips.items() if reason.startswith(OF_A_HOLD))
    service = retention.data_map.service
    for gauge, kept, reason in (
        (metrics.kept_by_restriction, restricted, "kept past its day by a restriction"),
        (metrics.kept_by_hold, held, "kept past its day by a hold"),
    ):
        for table, rows in kept.items():
            gauge.labels(service, table).set(rows)
            if rows:
                log.info(reason, table=table, rows=rows)
