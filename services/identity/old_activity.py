"""The activity log as it grows old: under a pseudonym after its raw days, then only counted (R-ACT)."""

from datetime import date

from services.identity.data_map import DATA_MAP
from shared.database import Transaction
from shared.law.calendar import midnight
from shared.law.retention import policies
from shared.law.retention.cutoffs import cut_off
from shared.personal_data.holds import unless_held

OLD = f"SELECT ctid FROM activity WHERE at < $1 AND {unless_held(DATA_MAP, 'activity')}"  # noqa: S608 constants
NAME = f"""
WITH old AS MATERIALIZED ({OLD} LIMIT $2 FOR UPDATE SKIP LOCKED)
INSERT INTO activity_pseudonym (subject_id)
SELECT DISTINCT subject_id FROM activity WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) ON CONFLICT DO NOTHING
"""  # noqa: S608 constants
TURN = f"""
WITH old AS MATERIALIZED ({OLD}
  AND EXISTS (SELECT FROM activity_pseudonym p WHERE p.subject_id = activity.subject_id)
  LIMIT $2 FOR UPDATE SKIP LOCKED),
gone AS (DELETE FROM activity WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) RETURNING subject_id, what, at)
INSERT INTO activity_trace (pseudonym, what, day)
SELECT pseudonym, what, (at AT TIME ZONE 'Europe/Warsaw')::date FROM gone JOIN activity_pseudonym USING (subject_id)
"""  # noqa: S608 constants
COUNT = """
WITH old AS MATERIALIZED (SELECT ctid FROM activity_trace WHERE day < $1 LIMIT $2 FOR UPDATE SKIP LOCKED),
gone AS (DELETE FROM activity_trace WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) RETURNING pseudonym, what, day),
counted AS (
  INSERT INTO activity_count (month, what, times)
  SELECT date_trunc('month', day), what, count(*) FROM gone GROUP BY 1, 2
  ON CONFLICT (month, what) DO UPDATE SET times = activity_count.times + excluded.times)
SELECT count(*) FROM gone
"""
FORGET = """
DELETE FROM activity_pseudonym p WHERE NOT EXISTS (SELECT FROM activity_trace t WHERE t.pseudonym = p.pseudonym)
"""


async def pseudonymize(tx: Transaction, day: date, limit: int) -> int:
    """Take person, hour and address from what is raw for too long; answers of how many entries."""
    cut = midnight(cut_off(policies.RAW_ACTIVITY, day))
    await tx.run(NAME, cut, limit)
    return await tx.run(TURN, cut, limit)


async def count(tx: Transaction, day: date, limit: int) -> int:
    """Leave only how often what happened in a month; a pseudonym without traces is forgotten."""
    counted = int(await tx.value(COUNT, cut_off(policies.PSEUDONYMOUS_ACTIVITY, day), limit))
    if counted < limit:
        await tx.run(FORGET)
    return counted
