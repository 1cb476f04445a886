"""The rows of searches: whose values are sought, the sealed values until everybody has searched, and what was seen."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.privacy.holds.store import ERASURE_WAITS
from services.privacy.open_copies import COPY_IS_OPEN
from services.privacy.subject_links import LINKED
from services.privacy.traces.rules import DueCase, Finding, Search, SeenPlace
from shared.database import ONE_BY_ONE, Row, Transaction

LEASE_S = 600.0
"""So long a participant's search belongs to the process that asks for it."""

IS_GATHERED = f"""EXISTS (
    SELECT FROM trace_search t WHERE t.case_id = c.case_id AND t.gathered_at IS NOT NULL {ONE_BY_ONE})"""
"""Whether the values of a case `c` are there; until then its erasure is not ordered."""
# Whoever was waited for in vain is not waited for again within the hour: one that is down costs one wait.
DUE = f"""
WITH due AS MATERIALIZED (
  SELECT case_id, subject_id, sealed_address, run_at FROM privacy_case c
  WHERE state IN ('waiting', 'failed') AND run_at <= clock_timestamp() AND NOT {COPY_IS_OPEN} AND NOT {ERASURE_WAITS}
    AND NOT {IS_GATHERED}
  ORDER BY run_at LIMIT $1),
begun AS (INSERT INTO trace_search (case_id) SELECT case_id FROM due ON CONFLICT DO NOTHING)
SELECT d.case_id, d.sealed_address,
  ARRAY(SELECT d.subject_id UNION {LINKED.format(subject_id="d.subject_id")}) AS subjects,
  coalesce(t.asked_at, clock_timestamp()) <= clock_timestamp() - make_interval(secs => $2)
    OR EXISTS (SELECT FROM trace_search o WHERE o.silent <> '{{}}' AND o.gathered_at > now() - interval '1 hour')
    AS out_of_patience
FROM due d LEFT JOIN trace_search t USING (case_id) ORDER BY d.run_at
"""  # noqa: S608 constants
PARTICIPANTS = "SELECT service FROM participant WHERE left_at IS NULL AND service <> 'privacy' ORDER BY service"
GATHERED = """
WITH gathered AS (UPDATE trace_search t SET gathered_at = clock_timestamp(), silent = $5, sought = v.sought,
    too_short = v.too_short
  FROM unnest($1::uuid[], $3::int[], $4::int[]) AS v (case_id, sought, too_short)
  WHERE t.case_id = v.case_id AND t.gathered_at IS NULL RETURNING t.case_id)
INSERT INTO trace_values (case_id, sealed)
SELECT case_id, sealed FROM unnest($1::uuid[], $2::bytea[]) AS v (case_id, sealed) JOIN gathered USING (case_id)
WHERE sealed IS NOT NULL
"""
FORGET = "DELETE FROM trace_search WHERE case_id = $1"
BEGIN = """
INSERT INTO trace_answer (case_id, service)
SELECT t.case_id, p.service FROM trace_search t, order_participant p WHERE t.case_id = ANY ($2) AND p.order_id = $1
ON CONFLICT DO NOTHING
"""
LEASE = """
WITH next AS MATERIALIZED (
  SELECT service FROM trace_answer JOIN trace_values USING (case_id)
  WHERE done_at IS NULL AND next_try_at <= clock_timestamp() ORDER BY next_try_at LIMIT 1),
due AS MATERIALIZED (
  SELECT a.case_id, a.service FROM trace_answer a JOIN next USING (service) JOIN trace_values USING (case_id)
  WHERE a.done_at IS NULL AND a.next_try_at <= clock_timestamp()
  ORDER BY a.next_try_at LIMIT $1 FOR UPDATE OF a SKIP LOCKED)
UPDATE trace_answer a SET attempts = least(a.attempts, 30000) + 1,
  next_try_at = clock_timestamp() + make_interval(secs => $2)
FROM due, trace_values v, privacy_case c
WHERE a.case_id = due.case_id AND a.service = due.service AND v.case_id = a.case_id AND c.case_id = a.case_id
RETURNING a.case_id, a.service, a.attempts, v.sealed, ARRAY(
  SELECT u.subject FROM erasure_order o, unnest(o.subjects, o.cases) AS u (subject, case_id)
  WHERE o.order_id = c.order_id AND u.case_id = c.case_id) AS subjects
"""
PUT_OFF = """
UPDATE trace_answer SET next_try_at = clock_timestamp() + make_interval(secs => $3)
WHERE case_id = ANY ($1) AND service = $2 AND done_at IS NULL
"""
ANSWER = """
UPDATE trace_answer a SET done_at = clock_timestamp(), read = $3, unread = $4, traces = coalesce(seen.traces, '[]')
FROM unnest($1::uuid[]) AS asked (case_id) LEFT JOIN (
  SELECT case_id, jsonb_agg(jsonb_build_object('place', place, 'ending', ending, 'rows', rows)
    ORDER BY place, ending) AS traces
  FROM jsonb_to_recordset($5::jsonb) AS t (case_id uuid, place text, ending text, rows int) GROUP BY case_id) seen
  USING (case_id)
WHERE a.case_id = asked.case_id AND a.service = $2 AND a.done_at IS NULL
"""
# Once everybody has searched, the values are sought by nobody; nor a week after a case has ended in any other way.
DESTROY = """
DELETE FROM trace_values v USING privacy_case c WHERE c.case_id = v.case_id AND (
  c.closed_at < clock_timestamp() - interval '7 days' OR c.state = 'withdrawn'
  OR EXISTS (SELECT FROM trace_answer a WHERE a.case_id = v.case_id)
    AND NOT EXISTS (SELECT FROM trace_answer a WHERE a.case_id = v.case_id AND a.done_at IS NULL))
"""
# A find stands in its certificate for good; operators are told of it for a week.
FINDS = """
SELECT count(DISTINCT case_id) FROM trace_answer
WHERE traces @> '[{"ending": "found"}]' AND done_at > now() - interval '7 days'
"""
SEARCH = """
SELECT sought, too_short, silent, EXISTS (SELECT FROM trace_values v WHERE v.case_id = t.case_id) AS has_values
FROM trace_search t WHERE case_id = $1 AND gathered_at IS NOT NULL
"""
ANSWERS = "SELECT service, done_at, read, traces, unread FROM trace_answer WHERE case_id = $1 ORDER BY service"


@dataclass(frozen=True)
class Sealed:
    """The values of a case, for the service that is to search for them."""

    case_id: UUID
    service: str
    attempts: int
    sealed: bytes
    subjects: Sequence[UUID]


async def due(tx: Transaction, limit: int, patience_s: float) -> list[DueCase]:
    """Cases that are to be ordered and whose values are not gathered yet."""
    return [DueCase(**row) for row in await tx.rows(DUE, limit, patience_s)]


async def participants(tx: Transaction) -> list[str]:
    return [row["service"] for row in await tx.rows(PARTICIPANTS)]


async def gathered(
    tx: Transaction, sealed: Mapping[UUID, bytes | None], counts: Sequence[tuple[int, int]], silent: Sequence[str]
) -> None:
    """Keep what is sought of each case, with how many values that are and how many are too short."""
    sought, too_short = [count[0] for count in counts], [count[1] for count in counts]
    await tx.run(GATHERED, list(sealed), list(sealed.values()), sought, too_short, list(silent))


async def forget(tx: Transaction, case_id: UUID) -> None:
    """What was gathered of a case that does not go on for now: it is gathered again when it does."""
    await tx.run(FORGET, case_id)


async def begin(tx: Transaction, order_id: UUID, cases: Collection[UUID]) -> None:
    """Have everybody who was asked to erase search."""
    await tx.run(BEGIN, order_id, list(cases))


async def lease(tx: Transaction, limit: int) -> list[Sealed]:
    """The cases for which one participant is to search now."""
    return [Sealed(**row) for row in await tx.rows(LEASE, limit, LEASE_S)]


async def put_off(tx: Transaction, cases: Collection[UUID], service: str, wait_s: float) -> None:
    await tx.run(PUT_OFF, list(cases), service, wait_s)


async def answered(
    tx: Transaction, cases: Collection[UUID], service: str, read: int, unread: Collection[str], traces: Sequence[Any]
) -> None:
    """Keep what a participant saw of some cases."""
    seen = json.dumps([trace.model_dump(mode="json") for trace in traces])
    await tx.run(ANSWER, list(cases), service, read, sorted(unread), seen)


async def destroy(tx: Transaction) -> None:
    """Let go of the values for which nobody has to search any more."""
    await tx.run(DESTROY)


async def cases_with_finds(tx: Transaction) -> int:
    """In how many cases something was found within the week."""
    return int(await tx.value(FINDS))


async def of_case(tx: Transaction, case_id: UUID) -> Search | None:
    """How far the search of a case is; None when nothing was gathered for it."""
    row = await tx.row(SEARCH, case_id)
    if row is None:
        return None
    return Search(**row, answers=[_finding(each) for each in await tx.rows(ANSWERS, case_id)])


def _finding(row: Row) -> Finding:
    places = tuple(SeenPlace(**place) for place in json.loads(row["traces"]))
    return Finding(row["service"], row["done_at"], row["read"], places, row["unread"])
