"""The rows of the outbox: due, put off because the broker refused them, in quarantine, dropped by an operator."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.database import Row, Transaction

PICK = """
SELECT message_id, type, subject, body, traceparent, created_at, attempts
FROM outbox WHERE next_try_at <= statement_timestamp() ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""
DELETE = "DELETE FROM outbox WHERE message_id = ANY ($1::uuid[])"
PUT_OFF = """
UPDATE outbox o SET attempts = o.attempts + 1, last_fault = r.fault,
  next_try_at = statement_timestamp() + r.wait_s * interval '1 second'
FROM unnest($1::uuid[], $2::text[], $3::float[]) AS r (message_id, fault, wait_s)
WHERE o.message_id = r.message_id
"""
ANY_DUE = "SELECT EXISTS (SELECT FROM outbox WHERE next_try_at <= statement_timestamp())"
FIGURES = """
SELECT count(*) FILTER (WHERE next_try_at IS NOT NULL) AS waiting,
  count(*) FILTER (WHERE next_try_at IS NULL) AS quarantined,
  coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE next_try_at IS NOT NULL)), 0)::float AS lag_s
FROM outbox
"""
REFUSED = """
SELECT message_id, type, attempts, last_fault, created_at, next_try_at,
  extract(epoch FROM clock_timestamp() - created_at)::float AS age_s
FROM outbox WHERE attempts > 0 ORDER BY created_at LIMIT $1
"""
RETRY = """
UPDATE outbox SET attempts = 0, next_try_at = statement_timestamp()
WHERE attempts > 0 AND ($1::uuid IS NULL AND next_try_at IS NULL OR message_id = $1)
"""
DROP = """
WITH gone AS (
  DELETE FROM outbox WHERE attempts > 0 AND ($1::uuid IS NULL AND next_try_at IS NULL OR message_id = $1) RETURNING *)
INSERT INTO outbox_dropped (message_id, type, created_at, attempts, last_fault, reason)
SELECT message_id, type, created_at, attempts, last_fault, $2 FROM gone
"""
FORGET_DROPPED = "DELETE FROM outbox_dropped WHERE dropped_at < now() - interval '1 year'"


@dataclass(frozen=True)
class OutboxRow:
    """One event that is to be told."""

    message_id: UUID
    type: str
    subject: str | None
    body: str = field(repr=False)
    traceparent: str | None
    created_at: datetime
    attempts: int


@dataclass(frozen=True)
class Refusal:
    """A row that the broker refused, and how long it waits now; without a wait it stands in quarantine."""

    message_id: UUID
    fault: str
    wait_s: float | None


@dataclass(frozen=True)
class RefusedRow:
    """A row that was refused at least once, as operators see it: without its body."""

    message_id: UUID
    type: str
    attempts: int
    last_fault: str
    created_at: datetime
    age_s: float
    next_try_at: datetime | None

    @property
    def quarantined(self) -> bool:
        return self.next_try_at is None


@dataclass(frozen=True)
class Figures:
    """How many rows wait, how many stand in quarantine, and the age of the oldest that waits."""

    waiting: int = 0
    quarantined: int = 0
    lag_s: float = 0.0


async def pick(tx: Transaction, most: int) -> list[OutboxRow]:
    """Lock what is due, oldest first; rows that another relay has in hand are passed over."""
    return [OutboxRow(**row) for row in await tx.rows(PICK, most)]


async def delete(tx: Transaction, confirmed: Sequence[UUID]) -> None:
    if confirmed:
        await tx.run(DELETE, confirmed)


async def put_off(tx: Transaction, refusals: Sequence[Refusal]) -> None:
    """Count an attempt of each refused row and say when its next one is."""
    if refusals:
        columns = zip(*((r.message_id, r.fault, r.wait_s) for r in refusals), strict=True)
        await tx.run(PUT_OFF, *(list(column) for column in columns))


async def any_due(tx: Transaction) -> bool:
    return bool(await tx.value(ANY_DUE))


async def figures(tx: Transaction) -> Figures:
    row: Row | None = await tx.row(FIGURES)
    return Figures(**row) if row else Figures()


async def refused(tx: Transaction, most: int) -> list[RefusedRow]:
    """Rows that were refused at least once, oldest first."""
    return [RefusedRow(**row) for row in await tx.rows(REFUSED, most)]


async def retry(tx: Transaction, message_id: UUID | None) -> int:
    """Make one refused row due, or all in quarantine; their attempts start afresh. Answers how many."""
    return await tx.run(RETRY, message_id)


async def drop(tx: Transaction, message_id: UUID | None, reason: str) -> int:
    """Remove one refused row, or all in quarantine, and keep why. What nobody refused is never dropped."""
    return await tx.run(DROP, message_id, reason)


async def forget_dropped(tx: Transaction) -> None:
    """What was dropped a year ago, and why."""
    await tx.run(FORGET_DROPPED)
