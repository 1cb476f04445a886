"""The rows of alarms: which breach, how many hours before the end, written to officers or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.database import Transaction
from shared.mail.delivery import LEASE_S

UNREPORTED = "reported_at IS NULL AND risk IS DISTINCT FROM 'unlikely'"
"""Breaches that nobody has judged, or told the authority of: their clock runs."""
RUNNING = f"SELECT breach_id, aware_at FROM breach WHERE {UNREPORTED}"  # noqa: S608 constants
BEGIN = """
INSERT INTO breach_alarm (breach_id, hours) SELECT * FROM unnest($1::uuid[], $2::integer[]) ON CONFLICT DO NOTHING
"""
LEASE = f"""
WITH due AS MATERIALIZED (
  SELECT a.breach_id, a.hours, b.aware_at, b.risk IS NOT NULL AS is_judged
  FROM breach_alarm a JOIN breach b USING (breach_id)
  WHERE a.ended_at IS NULL AND a.due_at <= now() AND {UNREPORTED}
  ORDER BY a.due_at LIMIT $1 FOR UPDATE OF a SKIP LOCKED)
UPDATE breach_alarm a SET tries = tries + 1, due_at = now() + make_interval(secs => $2)
FROM due WHERE a.breach_id = due.breach_id AND a.hours = due.hours
RETURNING a.breach_id, a.hours, a.tries AS attempts, due.aware_at, due.is_judged
"""  # noqa: S608 constants
ENDED = "UPDATE breach_alarm SET ended_at = clock_timestamp() WHERE breach_id = $1 AND hours = $2"
POSTPONE = """
UPDATE breach_alarm SET due_at = now() + make_interval(secs => $3) WHERE breach_id = $1 AND hours = $2
"""


@dataclass(frozen=True)
class RunningClock:
    """A breach of which the authority has to be told, or that has to be judged."""

    breach_id: UUID
    aware_at: datetime


@dataclass(frozen=True)
class DueAlarm:
    """A mail to officers that is due."""

    breach_id: UUID
    hours: int
    attempts: int
    aware_at: datetime
    is_judged: bool


async def running(tx: Transaction) -> list[RunningClock]:
    return [RunningClock(**row) for row in await tx.rows(RUNNING)]


async def begin(tx: Transaction, stages: Sequence[tuple[UUID, int]]) -> None:
    """Have officers written to; what was begun before is not begun again."""
    await tx.run(BEGIN, [breach_id for breach_id, _ in stages], [hours for _, hours in stages])


async def lease(tx: Transaction, limit: int) -> Sequence[DueAlarm]:
    return [DueAlarm(**row) for row in await tx.rows(LEASE, limit, LEASE_S)]


async def ended(tx: Transaction, due: DueAlarm) -> None:
    await tx.run(ENDED, due.breach_id, due.hours)


async def postpone(tx: Transaction, due: DueAlarm, wait_s: float) -> None:
    await tx.run(POSTPONE, due.breach_id, due.hours, wait_s)
