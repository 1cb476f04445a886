"""The rows of erasure orders, of whom they ask, and of what was answered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.privacy.erasure_orders.rules import Asked
from services.privacy.holds.store import ERASURE_WAITS
from services.privacy.open_copies import COPY_IS_OPEN
from services.privacy.traces.store import IS_GATHERED
from shared.contracts.participants import ErasureReported
from shared.contracts.privacy import MAX_SUBJECTS, ErasureOrdered, Participant
from shared.database import Row, Transaction

ONE_DISPATCHER = 0x4C45544845  # the key of the advisory lock

OWES = "p.answered < coalesce(p.awaited, cardinality(o.subjects))"
"""Whether a participant `p` has yet to answer an order `o`; an instance of before may not have said of how many."""
WORK = """
SELECT set_config('plan_cache_mode', 'force_generic_plan', true), pg_try_advisory_xact_lock($1) AS is_ours,
  EXISTS (SELECT FROM participant p WHERE left_at IS NULL AND service <> 'privacy' AND $2 > (
    SELECT count(*) FROM (SELECT FROM order_participant o WHERE o.service = p.service AND owes LIMIT $2) owed)) AS free,
  EXISTS (SELECT FROM privacy_case WHERE state IN ('waiting', 'failed') AND run_at <= clock_timestamp()) AS ready
"""
PARTICIPANTS = "SELECT service, map_version FROM participant WHERE left_at IS NULL ORDER BY service"
# A case whose letter is just being taken is waited for, not skipped: skipping would cost it a second.
# As many cases as their ids fit into one order: a case covers all linked ids, and goes whole or not at all.
PICK = f"""
WITH ready AS MATERIALIZED (
  SELECT case_id, subject_id, terminate_contract, run_at FROM privacy_case c
  WHERE state IN ('waiting', 'failed') AND run_at <= clock_timestamp() AND NOT {COPY_IS_OPEN} AND NOT {ERASURE_WAITS}
    AND {IS_GATHERED}
  ORDER BY run_at LIMIT $1 FOR NO KEY UPDATE),
named AS (
  SELECT r.case_id, r.subject_id, r.terminate_contract, r.run_at FROM ready r
  UNION
  SELECT r.case_id, other.subject_id, r.terminate_contract, r.run_at FROM ready r
  JOIN subject_link mine ON mine.subject_id = r.subject_id
  JOIN subject_link other ON other.person = mine.person),
placed AS (SELECT *, row_number() OVER (ORDER BY run_at, case_id) AS place FROM named),
filled AS (SELECT *, max(place) OVER (PARTITION BY case_id) AS last_place FROM placed)
SELECT case_id, subject_id, terminate_contract FROM filled WHERE last_place <= $2
"""  # noqa: S608 constants
STORE_ORDER = """
WITH marked AS (UPDATE privacy_case SET state = 'ordered', order_id = $1, attempt = attempt + 1,
  earlier_orders = CASE WHEN order_id IS NULL THEN earlier_orders ELSE array_append(earlier_orders, order_id) END
  WHERE case_id = ANY ($3)),
stored AS (INSERT INTO erasure_order (order_id, subjects, cases, body) VALUES ($1, $2, $3, $4))
INSERT INTO order_participant (order_id, service, map_version, tables, unkeyed, awaited)
SELECT $1, service, map_version, (SELECT array_agg(t ->> 'name') FROM jsonb_array_elements(tables) t), unkeyed,
  cardinality($2::uuid[])
FROM participant WHERE left_at IS NULL
"""


@dataclass(frozen=True)
class Work:
    """Whether there is anything to order, somebody free to take it, and this process the one to do it."""

    is_ours: bool
    free: bool
    ready: bool


@dataclass(frozen=True)
class ReadySubject:
    """One id of the person of a case that is to run now."""

    case_id: UUID
    subject_id: UUID
    terminate_contract: bool


@dataclass(frozen=True)
class Taken:
    """What a report that was new has changed: whether its order is complete, and whether cases wait for a free slot."""

    completes: bool
    others_wait: bool


@dataclass(frozen=True)
class ErasureOrder:
    """An order; `subjects` and `cases` are aligned, a case stands once per id of its person."""

    order_id: UUID
    open: bool
    subjects: tuple[UUID, ...]
    cases: tuple[UUID, ...]

    @property
    def case_id(self) -> UUID | None:
        """The case, where the order is of one alone."""
        return self.cases[0] if len(set(self.cases)) == 1 else None

    def cases_of(self, subjects: Collection[UUID]) -> set[UUID]:
        """The cases of some of its subjects."""
        return {case for subject, case in zip(self.subjects, self.cases, strict=True) if subject in subjects}


async def work(tx: Transaction, max_unanswered: int) -> Work:
    """Take the dispatcher's turn, if nobody else has it, and look what is there; what follows is planned once."""
    row = await tx.row(WORK, ONE_DISPATCHER, max_unanswered)
    return Work(row["is_ours"], row["free"], row["ready"]) if row else Work(is_ours=False, free=False, ready=False)


async def participants(tx: Transaction) -> tuple[Participant, ...]:
    """Everybody who takes part from the next order on."""
    return tuple(Participant(**row) for row in await tx.rows(PARTICIPANTS))


async def pick(tx: Transaction, max_cases: int) -> list[ReadySubject]:
    """Lock the cases that are to run now, and name all ids of their people."""
    return [ReadySubject(**row) for row in await tx.rows(PICK, max_cases, MAX_SUBJECTS)]


async def store(tx: Transaction, order: ErasureOrdered) -> None:
    """Keep an order with everybody it asks, and mark its cases."""
    cases = [subject.case_id for subject in order.subjects]
    subjects = [subject.subject_id for subject in order.subjects]
    await tx.run(STORE_ORDER, order.order_id, subjects, cases, order.model_dump_json())


# Two reports applied at the same instant must not both see "not yet complete".
LOCK = """
SELECT o.order_id, o.open, o.subjects, o.cases, p.map_version, p.tables,
  coalesce(a.map_version, 0) AS announced_version,
  ARRAY(SELECT t ->> 'name' FROM jsonb_array_elements(a.tables) t) AS announced_tables
FROM erasure_order o LEFT JOIN order_participant p ON p.order_id = o.order_id AND p.service = $2
LEFT JOIN participant a ON a.service = p.service
WHERE o.order_id = $1 FOR UPDATE OF o
"""
# Due with the next round of the reminders, and not at once: an instance of before may take it once more.
ASK_AGAIN = "UPDATE order_participant SET asked_at = '-infinity' WHERE order_id = $1 AND service = $2"
OTHER_PARTS = "SELECT subjects FROM order_report WHERE order_id = $1 AND service = $2 AND part <> $3"
# Whoever becomes ready while this is decided waits a second at most: the next report, or the dispatcher's next look.
TAKE_REPORT = """
WITH stored AS (INSERT INTO order_report (order_id, service, part, subjects, body)
  VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING order_id),
counted AS (UPDATE order_participant p SET answered = answered + cardinality($4::uuid[]),
    failed = CASE WHEN $6 THEN failed || $4 ELSE failed END
  FROM stored WHERE p.order_id = stored.order_id AND p.service = $2
  RETURNING p.answered >= coalesce(p.awaited, $7) AS has_answered)
SELECT has_answered AND NOT EXISTS (SELECT FROM order_participant o WHERE o.order_id = $1
    AND o.service NOT IN ($2, 'privacy') AND o.answered < coalesce(o.awaited, $7)) AS completes,
  EXISTS (SELECT FROM privacy_case WHERE state IN ('waiting', 'failed') AND run_at <= clock_timestamp()) AS others_wait
FROM counted
"""
LOCK_COMPLETE = f"""
WITH complete AS MATERIALIZED (
  SELECT order_id FROM erasure_order o WHERE open AND NOT EXISTS (
    SELECT FROM order_participant p WHERE p.order_id = o.order_id AND p.service <> 'privacy'
      AND {OWES})
  ORDER BY ordered_at LIMIT 1 FOR UPDATE SKIP LOCKED)
SELECT o.order_id, o.open, o.subjects, o.cases FROM erasure_order o JOIN complete USING (order_id)
"""  # noqa: S608 constants
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
WHERE order_id = $1 AND service = 'privacy' RETURNING failed
"""
ADDRESSES = """
SELECT c.sealed_address FROM erasure_order o JOIN privacy_case c ON c.case_id = ANY (o.cases)
WHERE o.order_id = $1 AND o.open AND c.sealed_address IS NOT NULL
"""
CLOSE = "UPDATE erasure_order SET open = false, closed_at = clock_timestamp() WHERE order_id = $1"


async def sealed_addresses(tx: Transaction, order_id: UUID) -> list[bytes]:
    """Where the cases of an open order are answered."""
    return [row["sealed_address"] for row in await tx.rows(ADDRESSES, order_id)]


async def lock(tx: Transaction, order_id: UUID, service: str) -> tuple[ErasureOrder, Asked | None] | None:
    """An order, and what it asked of a service; None for an order that there is not."""
    row = await tx.row(LOCK, order_id, service)
    if row is None:
        return None
    asks = row["map_version"] is not None
    asked = (row["map_version"], row["tables"], row["announced_version"], row["announced_tables"])
    return _order(row), Asked(*asked) if asks else None


async def lock_complete(tx: Transaction) -> ErasureOrder | None:
    """An open order that waits for nobody any more; None when there is none."""
    row = await tx.row(LOCK_COMPLETE)
    return _order(row) if row else None


def _order(row: Row) -> ErasureOrder:
    return ErasureOrder(row["order_id"], row["open"], tuple(row["subjects"]), tuple(row["cases"]))


async def ask_again(tx: Transaction, order_id: UUID, service: str) -> None:
    """Have the order repeated for one participant."""
    await tx.run(ASK_AGAIN, order_id, service)


async def other_parts(tx: Transaction, report: ErasureReported) -> list[Sequence[UUID]]:
    """The people of the other parts of a service's answer."""
    arguments: tuple[Any, ...] = (report.order_id, report.service, report.part)
    return [row["subjects"] for row in await tx.rows(OTHER_PARTS, *arguments)]


async def take_report(tx: Transaction, order: ErasureOrder, report: ErasureReported, body: str) -> Taken | None:
    """Keep a report as it came and count it; None when it is there already."""
    kept: tuple[Any, ...] = (report.order_id, report.service, report.part, report.subjects, body)
    row = await tx.row(TAKE_REPORT, *kept, report.failure is not None, len(order.subjects))
    return Taken(**row) if row else None


async def failed_subjects(tx: Transaction, order_id: UUID) -> set[UUID]:
    """Those whose erasure failed in some participant."""
    return set(await tx.value(FAILED, order_id))


async def add_own_report(tx: Transaction, order_id: UUID) -> set[UUID]:
    """Take privacy's own report, which its purge has just stored, among those of the order; whom it failed for."""
    return set(await tx.value(OWN_REPORT, order_id))


async def close(tx: Transaction, order_id: UUID) -> None:
    await tx.run(CLOSE, order_id)
