"""Applying what participants report, under a lock on the order, and closing what is complete."""

from collections import Counter
from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from services.privacy.cases.closing import ERASER, reopen_failed
from services.privacy.participants import speaks_for_itself
from shared.contracts import privacy
from shared.contracts.privacy import OrderedSubject
from shared.database import Row, Transaction
from shared.messaging.faults import Rejected
from shared.messaging.router import ServiceRouter
from shared.observability import log
from shared.personal_data.erasure import Eraser, erase
from shared.personal_data.vacuum import VACUUM
from shared.purposes import Purpose

router = ServiceRouter("privacy")

OUTCOMES = frozenset(get_args(privacy.Outcome))

HEADER = """
WITH r AS MATERIALIZED (SELECT $1::jsonb AS body)
SELECT (body ->> 'order_id')::uuid AS order_id, body ->> 'service' AS service, (body ->> 'part')::smallint AS part,
  ARRAY(SELECT jsonb_array_elements_text(body -> 'subjects')::uuid) AS subjects,
  body ->> 'failure' IS NOT NULL AS failed,
  (SELECT array_agg(DISTINCT t ->> 'table') FROM jsonb_array_elements(body -> 'tables') t) AS tables,
  (SELECT bool_and(jsonb_array_length(t -> 'outcome') = jsonb_array_length(body -> 'subjects')
               AND jsonb_array_length(t -> 'rows') = jsonb_array_length(body -> 'subjects'))
   FROM jsonb_array_elements(body -> 'tables') t) AS aligned,
  (SELECT array_agg(DISTINCT o) FROM jsonb_array_elements(body -> 'tables') t,
     jsonb_array_elements_text(t -> 'outcome') o) AS outcomes
FROM r
"""
# Two reports applied at the same instant must not both see "not yet complete".
LOCK = "SELECT open, subjects, cases FROM erasure_order WHERE order_id = $1 FOR UPDATE"
ASKED = "SELECT tables FROM order_participant WHERE order_id = $1 AND service = $2"
OTHER_PARTS = "SELECT subjects FROM order_report WHERE order_id = $1 AND service = $2 AND part <> $3"
STORE = """
INSERT INTO order_report (order_id, service, part, subjects, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""
COUNT = """
UPDATE order_participant SET answered = answered + cardinality($3::uuid[]),
  failed = CASE WHEN $4 THEN failed || $3 ELSE failed END
WHERE order_id = $1 AND service = $2
"""
COMPLETE = """
SELECT bool_and(answered >= $2) FROM order_participant WHERE order_id = $1 AND service <> 'privacy'
"""


@router.event(privacy.ErasureReported, purpose=Purpose.ERASURE, raw=True)
async def apply_report(body: str, tx: Transaction, message_type: str) -> None:
    """Store a participant's report; with the last one, close the order."""
    report = await _header(tx, body)
    speaks_for_itself(report["service"], message_type)
    order = await tx.row(LOCK, report["order_id"])
    if order is None:
        raise Rejected("report on an unknown order")
    if not order["open"] or not await _store(tx, order, report, body):
        return
    if await tx.value(COMPLETE, report["order_id"], len(order["subjects"])):
        await close(tx, report["order_id"], order, ERASER)


async def _header(tx: Transaction, body: str) -> Row:
    report = await tx.row(HEADER, body)
    if report is None or report["order_id"] is None or report["service"] is None or not report["aligned"]:
        raise Rejected("report without order, service or one outcome per person and table")
    outcomes = set(report["outcomes"])
    if outcomes - OUTCOMES or ("failed" in outcomes) != report["failed"]:
        raise Rejected("report with an unknown outcome, or with a failure without its reason")
    return report


async def _store(tx: Transaction, order: Row, report: Row, body: str) -> bool:
    """Keep a report that covers its tables and people; answers whether it was news."""
    key = (report["order_id"], report["service"])
    tables = await tx.value(ASKED, *key)
    if tables is None:
        raise Rejected("report from a service that was not asked")
    if set(tables) - set(report["tables"]):
        raise Rejected("report that leaves out a table of the data map")
    await _check_people(tx, order, report)
    if not await tx.run(STORE, *key, report["part"], report["subjects"], body):
        return False
    await tx.run(COUNT, *key, report["subjects"], report["failed"])
    return True


async def _check_people(tx: Transaction, order: Row, report: Row) -> None:
    """Everybody ordered is reported once: somebody reported twice must not stand for somebody left out."""
    told, wanted = Counter(report["subjects"]), Counter(order["subjects"])
    if told == wanted:
        return
    for part in await tx.rows(OTHER_PARTS, report["order_id"], report["service"], report["part"]):
        told.update(part["subjects"])
    if told - wanted:
        raise Rejected("report on people who were not ordered, or on somebody twice")


FAILED = """
SELECT coalesce(array_agg(DISTINCT f), '{}') FROM order_participant, unnest(failed) f WHERE order_id = $1
"""
OWN_REPORT = """
WITH own AS (INSERT INTO order_report (order_id, service, part, subjects, body)
  SELECT order_id, 'privacy', part, ARRAY(SELECT jsonb_array_elements_text(body::jsonb -> 'subjects')::uuid), body
  FROM erasure_report WHERE order_id = $1 RETURNING subjects, body)
UPDATE order_participant SET answered = (SELECT sum(cardinality(subjects)) FROM own),
  failed = coalesce((SELECT array_agg(f) FROM own, unnest(subjects) f
                     WHERE body::jsonb ->> 'failure' IS NOT NULL), '{}')
WHERE order_id = $1 AND service = 'privacy'
"""
CLOSE = "UPDATE erasure_order SET open = false, closed_at = clock_timestamp() WHERE order_id = $1"


async def close(tx: Transaction, order_id: UUID, order: Row, eraser: Eraser) -> None:
    """Purge privacy's own data last, close the cases without a failure, keep the others open."""
    failed = set(await tx.value(FAILED, order_id))
    failed_cases = _cases_of(order, failed)
    people = [
        OrderedSubject(subject_id=s, case_id=c, terminate_contract=True)
        for s, c in zip(order["subjects"], order["cases"], strict=True)
        if c not in failed_cases
    ]
    if people:
        await erase(tx, eraser, order_id, people)
        await tx.run(OWN_REPORT, order_id)
    await tx.run(CLOSE, order_id)
    everything_failed = _cases_of(order, set(await tx.value(FAILED, order_id)))
    await reopen_failed(tx, everything_failed)
    _tell(tx, order_id, [p.subject_id for p in people if p.case_id not in everything_failed])


def _cases_of(order: Row, people: set[UUID]) -> set[UUID]:
    return {c for s, c in zip(order["subjects"], order["cases"], strict=True) if s in people}


def _tell(tx: Transaction, order_id: UUID, done: Sequence[UUID]) -> None:
    if done:
        tx.publish(privacy.ErasureFulfilled(order_id=order_id, subjects=tuple(done)))
    tx.wake("dispatcher")
    tx.wake("letters")
    tx.wake(VACUUM)
    log.info("order closed", people=len(done))
