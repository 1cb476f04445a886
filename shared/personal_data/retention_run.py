"""What the law kept ends by itself on its day: the retention run (GDPR Art. 5(1)(e)).

Nobody who was erased is restricted: with the person went the restriction. Of the living a service deletes by the
purpose `retention`, which does not see the rows of restricted people (Art. 18(2)), and says here what waits. What a
legal hold covers stays, of both.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from shared.clock import today
from shared.contracts.participants import EndedRetention, RetentionEnded
from shared.database import Database, Transaction
from shared.observability import log, metrics
from shared.personal_data.data_map import DataMap
from shared.personal_data.holds import end_released, say_what_is_held, unless_held
from shared.purposes import Purpose, restricted

RETENTION = "retention"
"""The loop that purges."""

# People whose rows are purged in one transaction: all their due rows go together, children before parents.
BATCH = 1000


async def end_retention(database: Database, data_map: DataMap, day: date | None = None) -> bool:
    """Purge erased people's rows whose `retain_until` has passed and report it; answers whether more waits."""
    due = day or today()
    async with database.transaction(Purpose.ERASURE) as tx:
        ended = await end_batch(tx, data_map, due, BATCH)
        await say_what_is_held(tx, dict.fromkeys(_kept(data_map), DUE), due, data_map)
        await end_released(tx, due)
    return len({person for table in ended for person in table.subjects}) >= BATCH


async def end_batch(tx: Transaction, data_map: DataMap, day: date, most: int) -> tuple[EndedRetention, ...]:
    """Purge and report what is over of so many erased people; nothing when nothing is."""
    tables = _kept(data_map)
    people = [row["subject_id"] for row in await tx.rows(_whose(data_map, tables), day, most)]
    ended = tuple([each for table in tables if people and (each := await _end(tx, data_map, table, day, people))])
    if ended:
        tx.publish(RetentionEnded(service=data_map.service, ended_at=day, tables=ended))
    return ended


def _kept(data_map: DataMap) -> list[str]:
    return [table.name for table in data_map.everything if table.kept]


# `retain_until` is the last day of keeping: 31 December keeps, 1 January purges.
DUE = "NOT live AND retain_until < $1 AND review_at IS NULL"


def _due(data_map: DataMap, table: str) -> str:
    return f"{DUE} AND {unless_held(data_map, table)}"


def _whose(data_map: DataMap, tables: Sequence[str]) -> str:
    due = " UNION ".join(f"SELECT subject_id FROM {table} WHERE {_due(data_map, table)}" for table in tables)
    return f"SELECT subject_id FROM ({due}) AS due ORDER BY subject_id LIMIT $2"


async def say_what_waits(tx: Transaction, due: Mapping[str, str], day: date, data_map: DataMap) -> None:
    """Count and log the rows that a restriction or a hold keeps past their time; conditions by table, $1 is the day."""
    await tx.declare(Purpose.UPKEEP)
    for table, is_over in due.items():
        is_restricted = restricted("t.subject_id", *data_map.table(table).fields)
        waits = await tx.value(f"SELECT count(*) FROM {table} t WHERE ({is_over}) AND {is_restricted}", day)
        metrics.kept_by_restriction.labels(tx.service, table).set(waits)
        if waits:
            log.info("kept past its day by a restriction", table=table, rows=waits)
    await say_what_is_held(tx, due, day, data_map)


async def _end(
    tx: Transaction, data_map: DataMap, table: str, day: date, people: Sequence[UUID]
) -> EndedRetention | None:
    rows = await tx.rows(
        f"""
        WITH gone AS (DELETE FROM {table} WHERE subject_id = ANY ($2) AND {_due(data_map, table)} RETURNING subject_id)
        SELECT subject_id, count(*) AS rows FROM gone GROUP BY subject_id""",
        day,
        people,
    )
    if not rows:
        return None
    return EndedRetention(
        table=table, subjects=tuple(r["subject_id"] for r in rows), rows=tuple(r["rows"] for r in rows)
    )
