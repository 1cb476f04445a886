"""Applying what participants report, under a lock on the order, and closing what is complete."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from services.privacy.cases.closing import ERASER, reopen_failed
from services.privacy.participants import speaks_for_itself
from shared.contracts import participants, privacy
from shared.contracts.participants import ErasureReported
from shared.contracts.privacy import OrderedSubject
from shared.database import Row, Transaction
from shared.messaging.faults import Rejected
from shared.messaging.router import ServiceRouter
from shared.observability import log
from shared.personal_data.erasure import Eraser, erase
from shared.personal_data.vacuum import VACUUM
from shared.purposes import Purpose

router = ServiceRouter("privacy")

# Two reports applied at the same instant must not both see "not yet complete".
LOCK = "SELECT open, subjects, cases FROM erasure_order WHERE order_id = $1 FOR UPDATE"
ASKED = """
SELECT p.map_version, p.tables, coalesce(a.map_version, 0) AS announced_version,
  ARRAY(SELECT t ->> 'name' FROM jsonb_array_elements(a.tables) t) AS announced_tables
FROM order_participant p LEFT JOIN participant a USING (service) WHERE p.order_id = $1 AND p.service = $2
"""
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


class NotAnnouncedYet(Exception):
    """A report by a data map whose announcement is still under way; it is tried again."""


@router.event(participants.ErasureReported, purpose=Purpose.ERASURE, raw=True)
async def apply_report(body: str, tx: Transaction, message_type: str) -> None:
    """Store a participant's report; with the last one, close the order."""
    report = ErasureReported.model_validate_json(body)
    speaks_for_itself(report.service, message_type)
    order = await tx.row(LOCK, report.order_id)
    if order is None:
        raise Rejected("report on an unknown order")
    if not order["open"] or not await _store(tx, order, report, body):
        return
    if await tx.value(COMPLETE, report.order_id, len(order["subjects"])):
        await close(tx, report.order_id, order, ERASER)


async def _store(tx: Transaction, order: Row, report: ErasureReported, body: str) -> bool:
    """Keep a report that covers its tables and people; answers whether it was news."""
    key = (report.order_id, report.service)
    asked = await tx.row(ASKED, *key)
    if asked is None:
        raise Rejected("report from a service that was not asked")
    if _owed(asked, report.map_version) - {table.table for table in report.tables}:
        raise Rejected("report that leaves out a table of the data map")
    await _check_people(tx, order, report)
    if not await tx.run(STORE, *key, report.part, report.subjects, body):
        return False
    await tx.run(COUNT, *key, report.subjects, report.failure is not None)
    return True


def _owed(asked: Row, version: int) -> set[str]:
    """The tables that a report by a version of the data map has to cover.

    A service may have been upgraded after the order was written: then its newer map counts, and never an older one.
    """
    if version == asked["map_version"]:
        return set(asked["tables"])
    if version > asked["announced_version"]:
        raise NotAnnouncedYet
    if version < max(asked["map_version"], asked["announced_version"]):
        raise Rejected("report by an older data map than the one in force")
    return set(asked["announced_tables"])


async def _check_people(tx: Transaction, order: Row, report: ErasureReported) -> None:
    """Everybody ordered is reported once: somebody reported twice must not stand for somebody left out."""
    told, wanted = Counter(report.subjects), Counter(order["subjects"])
    if told == wanted:
        return
    for part in await tx.rows(OTHER_PARTS, report.order_id, report.service, report.part):
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
