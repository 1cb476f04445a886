"""Nobody is dropped without having been asked: the question stands in the panel and in each mail first (R-MKT)."""

from datetime import date, timedelta
from uuid import UUID

from services.marketing.data_map import DATA_MAP
from shared.clock import now
from shared.contracts import marketing
from shared.database import Transaction
from shared.personal_data.holds import unless_held

ASKED = timedelta(days=60)
METHOD = "expired without interaction"

ASK = """
WITH ending AS MATERIALIZED (
  SELECT subject_id FROM subscriber WHERE keep_until < $1 AND asked_on IS NULL AND state = 'subscribed'
  LIMIT $3 FOR UPDATE SKIP LOCKED)
UPDATE subscriber SET asked_on = $2 WHERE subject_id IN (SELECT subject_id FROM ending)
"""
DROP_EXPIRED = f"""
WITH old AS MATERIALIZED (
  SELECT subject_id FROM subscriber WHERE keep_until < $1 AND asked_on <= $2
  AND {unless_held(DATA_MAP, "subscriber")} LIMIT $3 FOR UPDATE SKIP LOCKED)
DELETE FROM subscriber WHERE subject_id IN (SELECT subject_id FROM old) RETURNING subject_id
"""  # noqa: S608 constants


async def ask(tx: Transaction, day: date, limit: int) -> int:
    """Ask those to stay whose retention ends soon; answers how many."""
    return await tx.run(ASK, day + ASKED, day, limit)


async def end_readers(tx: Transaction, day: date, limit: int) -> int:
    """Drop them, and withdraw in the ledger too what nobody touched for so long; answers how many."""
    people = await drop_expired(tx, day, limit)
    for subject_id in people:
        tx.publish(marketing.Unsubscribed(subject_id=subject_id, method=METHOD, decided_at=now()))
    return len(people)


async def drop_expired(tx: Transaction, day: date, limit: int) -> list[UUID]:
    """Drop subscribers whose retention ended before `day` and who were asked for long enough; who they were."""
    return [row["subject_id"] for row in await tx.rows(DROP_EXPIRED, day, day - ASKED, limit)]
