"""What a retention run costs beside the same deletes as bare batched SQL; how long its longest batch holds locks."""

import statistics
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg

from deploy import databases
from deploy.local.folders import Tell
from deploy.local.keys import password_secret
from deploy.local.servers import Servers
from services.marketing.retention import RETENTION
from shared.clock import today
from shared.database import Database
from shared.messaging.outbox import enqueue
from shared.personal_data.retention.running import run as retention_run

SERVICE = "marketing"
TOPICS = 10
BARE_BATCH = 1_000
KEPT = timedelta(days=365)
ROUNDS = 3
"""Of each side in turn: a busy machine slows down one round or the other."""
FILL = """
WITH people AS MATERIALIZED (SELECT gen_random_uuid() AS subject_id, n FROM generate_series(0, $1::integer - 1) AS n),
known AS (INSERT INTO subject (subject_id) SELECT subject_id FROM people)
INSERT INTO interest (subject_id, topic, source, keep_until)
SELECT subject_id, 'topic ' || t, 'observed',
  CASE WHEN n < $2::integer * $6::integer THEN $4::date + n / $2 ELSE $5::date END
FROM people, generate_series(1, $3::integer) AS t ORDER BY hashtext(subject_id::text), t
"""
BARE = """
DELETE FROM interest WHERE ctid = ANY (ARRAY(SELECT ctid FROM interest WHERE keep_until < $1 LIMIT $2))
"""
SETTLE = ("VACUUM ANALYZE interest", "CHECKPOINT")
LEFT = "SELECT count(*) FROM interest WHERE keep_until < $1"


async def run(servers: Servers, folder: Path, rows: int, due: int, tell: Tell) -> dict[str, Any]:
    """Fill a table, then end a part of it by bare SQL and as many rows by a run, in turn; medians."""
    urls = await databases.create(servers.postgres_admin_url, SERVICE, secret=password_secret(folder))
    bare = await asyncpg.connect(servers.postgres_admin_url.rpartition("/")[0] + f"/{SERVICE}", timeout=60)
    database = Database(urls.app, SERVICE, enqueue, 2)
    await database.open()
    try:
        first = today() - timedelta(days=2 * ROUNDS + 1)
        sizes = (rows // TOPICS, due // TOPICS, TOPICS)
        await bare.execute(FILL, *sizes, first, today() + KEPT, 2 * ROUNDS, timeout=None)
        tell(f"{rows} rows")
        bare_took, took, longest_s = list[float](), list[float](), 0.0
        for day in (first + timedelta(days=2 * number + 1) for number in range(ROUNDS)):
            bare_took.append(await _bare(bare, day))
            seconds, longest = await _run(bare, database, day + timedelta(days=1), due)
            took.append(seconds)
            longest_s = max(longest_s, longest)
            tell(f"{due} rows in {seconds:.2f} s, in {bare_took[-1]:.2f} s by bare SQL")
    finally:
        await database.close()
        await bare.close()
    return _figures(rows, due, statistics.median(took), statistics.median(bare_took), longest_s)


def _figures(rows: int, due: int, seconds: float, bare_seconds: float, longest_s: float) -> dict[str, Any]:
    return {
        "rows": rows,
        "due": due,
        "seconds": round(seconds, 2),
        "longest_lock_ms": round(longest_s * 1000),
        "bare_seconds": round(bare_seconds, 2),
        "ratio": round(bare_seconds / seconds, 2),
    }


async def _bare(connection: asyncpg.Connection, day: date) -> float:
    await _settled(connection)
    began = perf_counter()
    while await connection.execute(BARE, day, BARE_BATCH) != "DELETE 0":
        pass
    return perf_counter() - began


async def _run(connection: asyncpg.Connection, database: Database, day: date, due: int) -> tuple[float, float]:
    """How long the run and its longest batch took. Raises RuntimeError when it has not done its work."""
    await _settled(connection)
    began = perf_counter()
    ran, longest_s = await retention_run(database, RETENTION, day)
    seconds = perf_counter() - began
    purged = next(each.rows for each in ran.purges if each.what == "interest")
    if await connection.fetchval(LEFT, day) or purged != due:
        raise RuntimeError(f"{purged} rows went, not {due}")
    return seconds, longest_s


async def _settled(connection: asyncpg.Connection) -> None:
    """Neither side pays for what was written before."""
    for statement in SETTLE:
        await connection.execute(statement, timeout=None)
