"""The dispatcher: all cases that are ready go into one order, like a group commit.

At most three orders are in flight; whatever gathers meanwhile leaves together when one closes. One
waiting case goes at once.
"""

from collections.abc import Collection
from uuid import uuid4

from shared.contracts.privacy import MOST_SUBJECTS
from shared.database import Database, Transaction
from shared.messaging.outbox import OUTBOX
from shared.observability import current_traceparent, log
from shared.purposes import Purpose

IN_FLIGHT = 3
BATCH = 500  # cases
ONE_DISPATCHER = 0x4C45544845  # the key of the advisory lock

WORK = """
SELECT pg_try_advisory_xact_lock($1) AS mine,
  (SELECT count(*) FROM erasure_order WHERE open) AS in_flight,
  EXISTS (SELECT FROM privacy_case WHERE state IN ('waiting', 'failed') AND run_at <= clock_timestamp()) AS ready,
  (SELECT coalesce(array_agg(service), '{}') FROM participant WHERE left_at IS NULL) AS participants
"""

# A case whose letter is just being taken is waited for, not skipped: skipping would cost it a second.
# As many cases as their ids fit into one order: a case covers all linked ids.
ORDER = """
WITH ready AS MATERIALIZED (
  SELECT case_id, subject_id, terminate_contract, run_at FROM privacy_case
  WHERE state IN ('waiting', 'failed') AND run_at <= clock_timestamp()
  ORDER BY run_at LIMIT $2 FOR NO KEY UPDATE),
named AS (
  SELECT r.case_id, r.subject_id, r.terminate_contract, r.run_at FROM ready r
  UNION
  SELECT r.case_id, other.subject_id, r.terminate_contract, r.run_at FROM ready r
  JOIN subject_link mine ON mine.subject_id = r.subject_id
  JOIN subject_link other ON other.person = mine.person),
people AS (
  SELECT case_id, subject_id, terminate_contract FROM (
    SELECT *, max(place) OVER (PARTITION BY case_id) AS filled FROM (
      SELECT *, row_number() OVER (ORDER BY run_at, case_id) AS place FROM named) AS placed) AS counted
  WHERE filled <= $4),
ordered AS (UPDATE privacy_case c SET state = 'ordered', order_id = $1, attempt = attempt + 1,
    earlier_orders = CASE WHEN c.order_id IS NULL THEN earlier_orders ELSE array_append(earlier_orders, c.order_id) END
  WHERE c.case_id IN (SELECT case_id FROM people) RETURNING c.case_id),
asked AS (INSERT INTO order_participant (order_id, service, map_version, tables)
  SELECT $1, service, map_version, (SELECT array_agg(t ->> 'name') FROM jsonb_array_elements(tables) t)
  FROM participant WHERE left_at IS NULL AND EXISTS (SELECT FROM people)),
body AS (SELECT json_build_object('order_id', $1::uuid,
  'participants', (SELECT json_agg(json_build_object('service', service, 'map_version', map_version))
                   FROM participant WHERE left_at IS NULL),
  'subjects', json_agg(json_build_object('subject_id', subject_id, 'case_id', case_id,
                                         'terminate_contract', terminate_contract)))::text AS body,
  array_agg(subject_id) AS subjects, array_agg(case_id) AS cases FROM people HAVING count(*) > 0),
stored AS (INSERT INTO erasure_order (order_id, subjects, cases, body) SELECT $1, subjects, cases, body FROM body),
told AS (INSERT INTO outbox (type, body, traceparent) SELECT 'privacy.erasure-ordered.v1', body, $3::text FROM body)
SELECT count(*) FROM ordered
"""


async def dispatch(database: Database, required: Collection[str]) -> bool:
    """Order what is ready; answers whether more may be waiting.

    Nothing is ordered while a required participant has not announced its data map.
    """
    async with database.transaction(Purpose.ERASURE) as tx:
        work = await tx.row(WORK, ONE_DISPATCHER)
        if work is None or not (work["mine"] and work["ready"]) or work["in_flight"] >= IN_FLIGHT:
            return False
        if missing := sorted(set(required) - set(work["participants"])):
            log.warning("nothing is ordered without", participant=",".join(missing))
            return False
        ordered = await _order(tx)
    return bool(ordered) and work["in_flight"] + 1 < IN_FLIGHT


async def _order(tx: Transaction) -> int:
    count = int(await tx.value(ORDER, uuid4(), BATCH, current_traceparent(), MOST_SUBJECTS))
    if count:
        tx.wake(OUTBOX)
        log.info("order published", people=count)
    return count
