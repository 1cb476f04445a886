"""What a retention run costs beside the same deletes as bare batched SQL; how long its longest batch holds locks."""

from datetime import timedelta
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
FILL = """
WITH people AS MATERIALIZED (SELECT gen_random_uuid() AS subject_id, n FROM generate_series(1, $1::integer) AS n),
known AS (INSERT INTO subject (subject_id) SELECT subject_id FROM people)
INSERT INTO interest (subject_id, topic, source, keep_until)
SELECT subject_id, 'topic ' || t, 'observed',
  CASE WHEN n <= $2 THEN $4::date WHEN n <= 2 * $2 THEN $4::date + 1 ELSE $5::date END
FROM people, generate_series(1, $3::integer) AS t ORDER BY hashtext(subject_id::text), t
"""
BARE = """
DELETE FROM interest WHERE ctid = ANY (ARRAY(SELECT ctid FROM interest WHERE keep_until < $1 LIMIT $2))
"""
LEFT = "SELECT count(*) FROM interest WHERE keep_until < $1"


async def run(servers: Servers, folder: Path, rows: int, due: int, tell: Tell) -> dict[str, Any]:
    """Fill a table, end a part of it by bare SQL and as many rows by a run."""
    urls = await databases.create(servers.postgres_admin_url, SERVICE, secret=password_secret(folder))
    bare = await asyncpg.connect(servers.postgres_admin_url.rpartition("/")[0] + f"/{SERVICE}", timeout=60)
    database = Database(urls.app, SERVICE, enqueue, 2)
    await database.open()
    try:
        first = today() - timedelta(days=10)
        await bare.execute(FILL, rows // TOPICS, due // TOPICS, TOPICS, first, today() + KEPT, timeout=None)
        await bare.execute("VACUUM ANALYZE interest", timeout=None)
        tell(f"{rows} rows")
        began = perf_counter()
        while await bare.execute(BARE, first + timedelta(days=1), BARE_BATCH) != "DELETE 0":
            pass
        bare_s = perf_counter() - began
        tell(f"{due} rows by bare SQL")
        began = perf_counter()
        ran, longest_s = await retention_run(database, RETENTION, first + timedelta(days=2))
        seconds = perf_counter() - began
        purged = next(each.rows for each in ran.purges if each.what == "interest")
        if await bare.fetchval(LEFT, first + timedelta(days=2)) or purged != due:
            raise RuntimeError(f"{purged} rows went, not {due}")
    finally:
        await database.close()
        await bare.close()
    return {
        "rows": rows,
        "due": due,
        "seconds": round(seconds, 2),
        "longest_lock_ms": round(longest_s * 1000),
        "bare_seconds": round(bare_s, 2),
        "ratio": round(bare_s / seconds, 2),
    }
