"""After an erasure the dead rows of the touched tables make room at once, so that what comes next overwrites them.

VACUUM frees the space and does not wipe it: bytes may stay in a page until then (seen), as certificates say.
"""

from shared.database import Database
from shared.observability import log
from shared.personal_data.data_map import DataMap

VACUUM = "vacuum"
"""The loop that an erasure wakes."""

# Without the privilege, which came with PostgreSQL 17, VACUUM only warns and does nothing: autovacuum has to do.
DEAD = """
SELECT relname FROM pg_stat_user_tables WHERE relname = ANY ($1) AND n_dead_tup > 0
AND CASE WHEN current_setting('server_version_num')::int >= 170000 THEN has_table_privilege(relid, 'MAINTAIN') END
ORDER BY relname
"""
TIMEOUT_S = 600.0


async def vacuum(database: Database, data_map: DataMap) -> bool:
    """Vacuum the personal tables that hold dead rows, if the working role may: see DEAD."""
    names = [table.name for table in data_map.everything]
    async with database.pool.acquire() as connection:
        touched = [row["relname"] for row in await connection.fetch(DEAD, names)]
        for name in touched:
            await connection.execute(f"VACUUM (SKIP_LOCKED) {name}", timeout=TIMEOUT_S)
    if touched:
        log.debug("vacuumed", step=VACUUM, rows=len(touched))
    return False
