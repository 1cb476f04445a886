"""What marketing holds ends by itself: R-MKT, and 48 hours for sign-ups (GDPR Art. 5(1)(e))."""

from shared.clock import now, today
from shared.contracts import marketing
from shared.database import Database
from shared.observability import log
from shared.purposes import Purpose

BATCH = 1000

DROP_SIGNUPS = """
DELETE FROM signup WHERE signup_id IN (
  SELECT signup_id FROM signup WHERE entered_at < now() - interval '48 hours' LIMIT $1 FOR UPDATE SKIP LOCKED)
"""
DROP_READERS = """
DELETE FROM subscriber WHERE subject_id IN (
  SELECT subject_id FROM subscriber WHERE keep_until < $1 LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING subject_id
"""
DROP_MAILINGS = """
DELETE FROM mailing WHERE (campaign_id, subject_id) IN (
  SELECT campaign_id, subject_id FROM mailing
  WHERE keep_until < $1 AND state NOT IN ('queued', 'sending') LIMIT $2 FOR UPDATE SKIP LOCKED)
"""
DROP_INTERESTS = """
DELETE FROM interest WHERE (subject_id, topic) IN (
  SELECT subject_id, topic FROM interest WHERE keep_until < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
"""


async def expire(database: Database) -> bool:
    """Delete what is over; `keep_until` is the last day of keeping. Answers whether more is waiting.

    A subscription nobody touched for so long is withdrawn in the ledger too.
    """
    day = today()
    async with database.transaction(Purpose.UPKEEP) as tx:
        signups = await tx.run(DROP_SIGNUPS, BATCH)
        readers = await tx.rows(DROP_READERS, day, BATCH)
        for reader in readers:
            tx.publish(
                marketing.Unsubscribed(
                    subject_id=reader["subject_id"], method="expired without interaction", decided_at=now()
                )
            )
        mailings = await tx.run(DROP_MAILINGS, day, BATCH)
        interests = await tx.run(DROP_INTERESTS, day, BATCH)
    if readers:
        log.info("subscriptions expired", people=len(readers))
    return BATCH in (signups, len(readers), mailings, interests)
