"""What the law kept ends by itself on its day: the retention run (GDPR Art. 5(1)(e))."""

from datetime import date

from shared.clock import today
from shared.contracts.privacy import EndedRetention, RetentionEnded
from shared.database import Database, Transaction
from shared.personal_data.data_map import DataMap
from shared.personal_data.purposes import Purpose

BATCH = 5000


async def end_retention(database: Database, data_map: DataMap, day: date | None = None) -> bool:
    """Purge erased people's rows whose `retain_until` has passed and report it; answers whether more waits."""
    async with database.transaction(Purpose.ERASURE) as tx:
        ended = [found for t in data_map.everything if t.kept if (found := await _end(tx, t.name, day or today()))]
        if ended:
            tx.publish(RetentionEnded(service=data_map.service, ended_at=day or today(), tables=tuple(ended)))
    return any(sum(table.rows) >= BATCH for table in ended)


async def _end(tx: Transaction, table: str, day: date) -> EndedRetention | None:
    """`retain_until` is the last day of keeping: 31 December keeps, 1 January purges."""
    rows = await tx.rows(
        f"""
        WITH due AS (SELECT ctid FROM {table} WHERE NOT live AND retain_until < $1 AND review_at IS NULL
                     LIMIT {BATCH} FOR UPDATE SKIP LOCKED),
        gone AS (DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM due) RETURNING subject_id)
        SELECT subject_id, count(*) AS rows FROM gone GROUP BY subject_id""",
        day,
    )
    if not rows:
        return None
    return EndedRetention(
        table=table, subjects=tuple(r["subject_id"] for r in rows), rows=tuple(r["rows"] for r in rows)
    )
