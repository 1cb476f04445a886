"""The rows of a retention run: one at a time in a database, and what it has done, also if it was interrupted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from pydantic_core import from_json, to_json

from shared.database import Transaction
from shared.personal_data.retention.ends import Ends

SILENT = timedelta(minutes=1)
"""A run that was not at work for so long was interrupted: each of its batches takes a fraction of a second."""

INTERRUPTED = """
UPDATE retention_run SET ended_at = clock_timestamp(), whole = false
WHERE ended_at IS NULL AND seen_at < clock_timestamp() - $1::interval RETURNING run_id
"""
BEGIN = """
INSERT INTO retention_run (run_id, as_of) VALUES ($1, $2)
ON CONFLICT ((true)) WHERE ended_at IS NULL DO NOTHING
"""
LAST_DAY = "SELECT max(as_of) FROM retention_run WHERE whole"
RAN = "SELECT EXISTS (SELECT FROM retention_run WHERE as_of = $1 AND whole)"
SEEN = "UPDATE retention_run SET seen_at = clock_timestamp() WHERE run_id = $1 AND ended_at IS NULL"
COUNT = """
INSERT INTO retention_purge (run_id, what, retention, cut_off, rows) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (run_id, what) DO UPDATE SET rows = retention_purge.rows + excluded.rows
"""
SKIP = """
INSERT INTO retention_purge (run_id, what, retention, cut_off, skips) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (run_id, what) DO UPDATE SET skips = excluded.skips
"""
END = "UPDATE retention_run SET ended_at = clock_timestamp(), whole = true WHERE run_id = $1 AND ended_at IS NULL"
READ = "SELECT run_id, as_of, started_at, ended_at, whole FROM retention_run WHERE run_id = $1"
PURGES = "SELECT what, retention, cut_off, rows, skips FROM retention_purge WHERE run_id = $1 ORDER BY what"
FORGET = "DELETE FROM retention_run WHERE ended_at < clock_timestamp() - interval '1 year'"


class AnotherRun(Exception):
    """A run is at work in this database, or took over from this one."""


@dataclass(frozen=True)
class Purged:
    """How many rows of one kind went, and by what how many were kept past their day."""

    what: str
    retention: str
    cut_off: date
    rows: int
    skips: Mapping[str, int]


@dataclass(frozen=True)
class Ran:
    """A run that has ended; one that is not whole was interrupted."""

    run_id: UUID
    as_of: date
    started_at: datetime
    ended_at: datetime
    whole: bool
    purges: tuple[Purged, ...]


async def end_interrupted(tx: Transaction) -> list[Ran]:
    """End the run that nobody goes on with; what it had done until then."""
    return [await ran(tx, row["run_id"]) for row in await tx.rows(INTERRUPTED, SILENT)]


async def begin(tx: Transaction, day: date) -> UUID:
    """Note that a run begins. Raises AnotherRun while one is at work."""
    run_id = uuid4()
    await tx.run(FORGET)
    if not await tx.run(BEGIN, run_id, day):
        raise AnotherRun
    return run_id


async def last_day(tx: Transaction) -> date | None:
    """The latest day as of which a run was whole."""
    day: date | None = await tx.value(LAST_DAY)
    return day


async def has_run(tx: Transaction, day: date) -> bool:
    return bool(await tx.value(RAN, day))


async def note(tx: Transaction, run_id: UUID, ends: Ends, cut_off: date, rows: int) -> None:
    """Count rows in the transaction that takes them. Raises AnotherRun where this run counts as interrupted."""
    if not await tx.run(SEEN, run_id):
        raise AnotherRun
    await tx.run(COUNT, run_id, ends.name, ends.retention, cut_off, rows)


async def note_skips(tx: Transaction, run_id: UUID, kept: Purged) -> None:
    """Note what is over and stays."""
    skips = to_json(kept.skips).decode()
    await tx.run(SKIP, run_id, kept.what, kept.retention, kept.cut_off, skips)


async def end(tx: Transaction, run_id: UUID) -> Ran:
    """End a run. Raises AnotherRun where it counts as interrupted."""
    if not await tx.run(END, run_id):
        raise AnotherRun
    return await ran(tx, run_id)


async def ran(tx: Transaction, run_id: UUID) -> Ran:
    """What a run has done."""
    purges = tuple(Purged(**{**row, "skips": from_json(row["skips"])}) for row in await tx.rows(PURGES, run_id))
    row = await tx.row(READ, run_id)
    if row is None:
        raise LookupError("a run is remembered for a year")
    return Ran(**row, purges=purges)
