"""Which data map a service works by while instances with different ones run: the newest of those seen lately."""

from datetime import datetime

from shared.database import Transaction

SEEN_EVERY_S = 15.0
AT_WORK_S = 60.0
"""An instance that was not seen for so long is gone: after a roll back the older map is in force then."""

SEEN = """
INSERT INTO data_map_at_work (version, seen_at) VALUES ($1, clock_timestamp())
ON CONFLICT (version) DO UPDATE SET seen_at = excluded.seen_at
"""
IN_FORCE = """
WITH changed AS (UPDATE data_map_at_work
  SET in_force_since = CASE WHEN version = $1 THEN clock_timestamp() END
  WHERE ($3 OR (version = $1) <> (in_force_since IS NOT NULL)) AND NOT EXISTS (
    SELECT FROM data_map_at_work WHERE version > $1 AND seen_at > clock_timestamp() - make_interval(secs => $2))
  RETURNING version, in_force_since)
SELECT in_force_since FROM changed WHERE version = $1
"""


async def in_force_since(tx: Transaction, version: int, *, starting: bool = False) -> datetime | None:
    """Note that a version is at work; answers since when it is in force, if that is so from now on.

    An instance that starts says it anew: the database may be an older one, which remembers less than it told.
    """
    await tx.run(SEEN, version)
    since: datetime | None = await tx.value(IN_FORCE, version, AT_WORK_S, starting)
    return since
