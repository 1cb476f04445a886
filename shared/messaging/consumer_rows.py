"""What a service's database knows of its consumers: paused by an operator, breakers, messages that wait in a tier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.database import Transaction

REGISTER = """
INSERT INTO consumer (name) SELECT unnest($1::text[])
ON CONFLICT (name) DO UPDATE SET breaker = 'closed', breaker_since = now() WHERE consumer.breaker <> 'closed'
"""
FORGET = "DELETE FROM consumer WHERE name <> ALL ($1::text[]) AND paused_at IS NULL"
PAUSED = "SELECT name FROM consumer WHERE paused_at IS NOT NULL"
PAUSE = "UPDATE consumer SET paused_at = coalesce(paused_at, now()) WHERE name = $1"
RESUME = "UPDATE consumer SET paused_at = NULL WHERE name = $1"
BREAKER = "UPDATE consumer SET breaker = $2, breaker_since = now() WHERE name = $1 AND breaker <> $2"
CONSUMERS = """
SELECT c.name, c.paused_at, c.breaker, c.breaker_since, count(w.message_id) AS retries, min(w.due_at) AS next_retry_at,
  max(w.attempt) AS most_attempts
FROM consumer c LEFT JOIN retry_waiting w ON w.consumer = c.name GROUP BY c.name ORDER BY c.name
"""
WAITS = """
INSERT INTO retry_waiting (message_id, consumer, attempt, fault, due_at)
VALUES ($1, $2, $3, $4, now() + $5::float * interval '1 second')
ON CONFLICT (message_id, consumer) DO UPDATE
SET attempt = excluded.attempt, fault = excluded.fault, failed_at = excluded.failed_at, due_at = excluded.due_at
"""
WAITS_NO_MORE = "DELETE FROM retry_waiting WHERE message_id = $1 AND consumer = $2"
COUNT_WAITING = "SELECT count(*) FROM retry_waiting WHERE consumer = $1"
# Whose end nobody could note: the database was away, or the broker lost its tier.
DROP_STALE = "DELETE FROM retry_waiting WHERE due_at < now() - interval '1 day'"


@dataclass(frozen=True)
class ConsumerRow:
    """One consumer as operators see it."""

    name: str
    paused_at: datetime | None
    breaker: str
    breaker_since: datetime
    retries: int
    next_retry_at: datetime | None
    most_attempts: int | None


async def register(tx: Transaction, names: Sequence[str]) -> None:
    """Know the consumers of this release and forget those it dropped; a pause outlives a restart."""
    await tx.run(FORGET, names)
    await tx.run(REGISTER, names)


async def paused(tx: Transaction) -> set[str]:
    return {row["name"] for row in await tx.rows(PAUSED)}


async def pause(tx: Transaction, name: str) -> bool:
    """Have a consumer take nothing; False when there is none of that name."""
    return await tx.run(PAUSE, name) > 0


async def resume(tx: Transaction, name: str) -> bool:
    return await tx.run(RESUME, name) > 0


async def note_breaker(tx: Transaction, name: str, state: str) -> None:
    await tx.run(BREAKER, name, state)


async def consumers(tx: Transaction) -> list[ConsumerRow]:
    return [ConsumerRow(**row) for row in await tx.rows(CONSUMERS)]


async def count_waiting(tx: Transaction, consumer: str) -> int:
    """How many messages of a consumer a tier will give back."""
    return int(await tx.value(COUNT_WAITING, consumer))


async def waits(tx: Transaction, message_id: UUID, consumer: str, attempt: int, fault: str, wait_s: float) -> None:
    """Note that a copy of a failed message waits in a tier."""
    await tx.run(WAITS, message_id, consumer, attempt, fault, wait_s)


async def waits_no_more(tx: Transaction, message_id: UUID, consumer: str) -> None:
    await tx.run(WAITS_NO_MORE, message_id, consumer)


async def drop_stale(tx: Transaction) -> None:
    await tx.run(DROP_STALE)
