"""The retention run: what is over ends in small transactions, and what was done is evidence (GDPR Art. 5(1)(e), 5(2)).

Each batch respects what the moment says: holds and restrictions are asked in the very statement that deletes.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from time import perf_counter
from uuid import UUID

import asyncpg

from shared.clock import today
from shared.contracts.participants import PurgedRows, RetentionRan
from shared.database import Database, Row, Transaction
from shared.messaging.outbox import OUTBOX
from shared.observability import log, what_failed
from shared.personal_data.retention import run_rows
from shared.personal_data.retention.ends import Ends, Retention
from shared.personal_data.retention.run_rows import Purged, Ran
from shared.personal_data.retention.statements import (
    AT_WORK,
    FREE,
    due,
    outlook,
    pick,
    purge,
    purge_at_once,
    purge_unkeyed,
)
from shared.personal_data.retention_run import end_batch
from shared.purposes import Purpose

WANTED_S = 0.03
"""How long a batch should hold its locks; the promise is a fifth of a second."""
FIRST, LEAST, MOST = 500, 20, 20_000
PEOPLE = 200
"""Erased people whose rows go in one transaction."""
LEFT_FOR_NEXT = (asyncpg.LockNotAvailableError, asyncpg.ForeignKeyViolationError)
"""Somebody else works with the rows, or has just hung something on them."""
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '100ms'"

Tell = Callable[[str, int], None]
"""Hears of each batch: whose rows and how many."""


def nobody(_name: str, _rows: int) -> None:
    """Nobody watches."""


@dataclass
class Watched:
    """A run at work: who is told, and for how long the longest batch held its locks."""

    run_id: UUID
    day: date
    tell: Tell = nobody
    longest_s: float = field(default=0.0)


def next_size(size: int, took_s: float) -> int:
    """How many rows a batch may have after one that took so long: twice as many at most, never too few to go on."""
    return int(max(LEAST, min(MOST, 2 * size, size * WANTED_S / max(took_s, 0.001))))


async def foresee(database: Database, retention: Retention, day: date) -> list[Purged]:
    """What a run would do, without doing it."""
    return [
        await _outlook(database, retention, ends, day, ahead=True)
        for ends in (*retention.ends, *retention.of_the_erased)
    ]


async def run(
    database: Database, retention: Retention, day: date | None = None, tell: Tell = nobody
) -> tuple[Ran, float]:
    """Purge what is over on a day; what was done, and how long the longest batch took, in seconds.

    Raises AnotherRun while a run is at work in this database.
    """
    as_of = day or today()
    async with database.transaction(Purpose.UPKEEP) as tx:
        for interrupted in await run_rows.end_interrupted(tx):
            _publish(tx, interrupted)
        watched = Watched(await run_rows.begin(tx, as_of), as_of, tell)
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        await retention.judge(tx, as_of)
    for ends in retention.ends:
        await _purge(database, retention, ends, watched)
    await _end_erased(database, retention, watched)
    async with database.transaction(Purpose.UPKEEP) as tx:
        ran = await run_rows.end(tx, watched.run_id)
        _publish(tx, ran)
    return ran, watched.longest_s


async def _purge(database: Database, retention: Retention, ends: Ends, watched: Watched) -> None:
    """Batch after batch until one finds no more; what others hang on comes free when they are gone."""
    size, more = FIRST, True
    while more:
        began = perf_counter()
        try:
            rows = await _batch(database, retention, ends, watched, size)
        except LEFT_FOR_NEXT as error:
            log.warning("left for the next run", table=ends.table, **what_failed(error))
            break
        took = perf_counter() - began
        watched.longest_s = max(watched.longest_s, took)
        more = rows == size or bool(rows and ends.kept_by)
        size = next_size(size, took)
        watched.tell(ends.name, rows)
    await _say_what_stays(database, retention, ends, watched)


async def _batch(database: Database, retention: Retention, ends: Ends, watched: Watched, size: int) -> int:
    table = retention.table(ends.table)
    when = due(ends, table, watched.day)
    # a crash undoes rows and their count together, and the next run does both again
    async with database.transaction(Purpose.ERASURE, durable=False, opening=LOCK_TIMEOUT) as tx:
        if ends.does:
            await tx.declare(Purpose.RETENTION)
            rows = await ends.does(tx, watched.day, size)
        elif table and not ends.kept_by:
            await tx.declare(Purpose.RETENTION)
            rows = await tx.run(purge_at_once(ends, table, when), *when.values, size)
        elif table:
            rows = await purge_picked(tx, ends, await tx.rows(pick(ends, table, when), *when.values, size))
        else:
            rows = await tx.run(purge_unkeyed(ends, when), *when.values, size)
        await run_rows.note(tx, watched.run_id, ends, when.cut_off, rows)
    return rows


async def purge_picked(tx: Transaction, ends: Ends, picked: Sequence[Row]) -> int:
    """Delete rows that are over, under the purpose for which PostgreSQL shows nothing of restricted people."""
    if not picked:
        return 0
    await tx.declare(Purpose.RETENTION)
    return await tx.run(purge(ends), [row["ctid"] for row in picked])


async def _say_what_stays(database: Database, retention: Retention, ends: Ends, watched: Watched) -> None:
    """Note and count what is over and was kept, by its reasons."""
    kept = await _outlook(database, retention, ends, watched.day)
    if kept.rows:
        kept = replace(kept, rows=0, skips={**kept.skips, AT_WORK: kept.rows})
    if kept.skips:
        async with database.transaction(Purpose.UPKEEP) as tx:
            await run_rows.note_skips(tx, watched.run_id, kept)


async def _outlook(database: Database, retention: Retention, ends: Ends, day: date, *, ahead: bool = False) -> Purged:
    """What is over: the rows that would go, and those that something keeps."""
    table = retention.table(ends.table)
    when = due(ends, table, day)
    async with database.transaction(Purpose.ERASURE) as tx:  # which sees everybody's
        counts = {
            row["reason"]: row["rows"] for row in await tx.rows(outlook(ends, table, when, ahead=ahead), *when.values)
        }
    rows = counts.pop(FREE, 0)
    return Purged(ends.name, ends.retention, when.cut_off, rows, counts)


async def _end_erased(database: Database, retention: Retention, watched: Watched) -> None:
    """What the law kept of the erased goes person by person, as each certificate gets its second page."""
    ended = True
    while ended:
        began = perf_counter()
        ended = await _batch_of_erased(database, retention, watched)
        watched.longest_s = max(watched.longest_s, perf_counter() - began)
    for ends in retention.of_the_erased:
        await _say_what_stays(database, retention, ends, watched)


async def _batch_of_erased(database: Database, retention: Retention, watched: Watched) -> bool:
    by_table = {ends.table: ends for ends in retention.of_the_erased}
    async with database.transaction(Purpose.ERASURE) as tx:
        tables = await end_batch(tx, retention.data_map, watched.day, PEOPLE)
        counts = {by_table[each.table]: sum(each.rows) for each in tables}
        for ends, rows in counts.items():
            await run_rows.note(tx, watched.run_id, ends, watched.day, rows)
    for ends, rows in counts.items():
        watched.tell(ends.name, rows)
    return bool(tables)


def _publish(tx: Transaction, ran: Ran) -> None:
    """Tell privacy, which keeps what was done as evidence."""
    purges = tuple(PurgedRows(**asdict(purged)) for purged in ran.purges if purged.rows or purged.skips)
    facts = {"run_id": ran.run_id, "as_of": ran.as_of, "started_at": ran.started_at, "ended_at": ran.ended_at}
    tx.publish(RetentionRan(service=tx.service, whole=ran.whole, purges=purges, **facts))
    tx.wake(OUTBOX)
