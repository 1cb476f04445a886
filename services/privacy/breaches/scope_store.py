"""The rows of people whom a breach concerns by what services hold of them: counted page by page, then named at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.privacy.loops import BREACH_LETTERS, BREACH_SCOPES
from shared.contracts.participants import Holders
from shared.contracts.privacy.breaches import AffectedPeople, BreachScope, ScopeBreach
from shared.database import Transaction
from shared.mail.delivery import LEASE_S

INSERT = """
INSERT INTO breach_scope (breach_id, services, categories, left_to_ask) VALUES ($1, $2, $3, $2) RETURNING scope_id
"""
LEASE = """
WITH due AS MATERIALIZED (
  SELECT scope_id FROM breach_scope WHERE left_to_ask <> '{}' AND due_at <= now()
  ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE breach_scope s SET attempts = attempts + 1, due_at = now() + make_interval(secs => $1)
FROM due WHERE s.scope_id = due.scope_id
RETURNING s.scope_id, s.left_to_ask[1] AS service, s.categories, s.reached, s.attempts
"""
# Somebody else may have gone on meanwhile: then this page is known already.
GO_ON = """
UPDATE breach_scope SET reached = $4, attempts = 0, due_at = now(),
  left_to_ask = CASE WHEN $4::uuid IS NULL THEN left_to_ask[2:] ELSE left_to_ask END
WHERE scope_id = $1 AND left_to_ask[1] = $2 AND reached IS NOT DISTINCT FROM $3
"""
# A service may hold somebody of whom no event has come to us yet.
KNOW = "INSERT INTO subject (subject_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING"
COUNT_IN = """
INSERT INTO breach_scope_person (scope_id, subject_id)
SELECT $1, subject_id FROM subject WHERE subject_id = ANY ($2) AND live ORDER BY subject_id ON CONFLICT DO NOTHING
"""
POSTPONE = "UPDATE breach_scope SET due_at = now() + make_interval(secs => $2) WHERE scope_id = $1"
STORED = """
SELECT scope_id, breach_id, services, categories, CASE WHEN named IS NOT NULL THEN 'named'
    WHEN left_to_ask = '{}' THEN 'counted' ELSE 'counting' END AS state,
  coalesce(named, (SELECT count(*) FROM breach_scope_person p WHERE p.scope_id = s.scope_id))::integer AS people
FROM breach_scope s
"""
LOCK = f"{STORED} WHERE breach_id = $1 AND scope_id = $2 FOR UPDATE"
OF_BREACHES = f"{STORED} WHERE breach_id = ANY ($1) ORDER BY begun_at, scope_id"
NAME = """
WITH found AS (DELETE FROM breach_scope_person WHERE scope_id = $2 RETURNING subject_id),
new AS (INSERT INTO breach_person (breach_id, subject_id) SELECT $1, subject_id FROM found ORDER BY subject_id
  ON CONFLICT DO NOTHING RETURNING subject_id),
done AS (UPDATE breach_scope SET named = (SELECT count(*) FROM found) WHERE scope_id = $2)
SELECT count(*) FROM new
"""


@dataclass(frozen=True)
class DueScope:
    """A scope that is being counted: whom to ask next, behind whom."""

    scope_id: UUID
    service: str
    categories: Sequence[str]
    reached: UUID | None
    attempts: int


async def begin(tx: Transaction, request: ScopeBreach) -> UUID:
    """Have the people counted; the scope's id."""
    services = list(dict.fromkeys(request.services))
    scope_id: UUID = await tx.value(INSERT, request.breach_id, services, list(request.categories))
    tx.wake(BREACH_SCOPES)
    return scope_id


async def lease(tx: Transaction) -> DueScope | None:
    row = await tx.row(LEASE, LEASE_S)
    return DueScope(**row) if row else None


async def count_in(tx: Transaction, due: DueScope, page: Holders) -> None:
    """Keep a page of people. Who is gone by an erasure meanwhile is not counted."""
    if await tx.run(GO_ON, due.scope_id, due.service, due.reached, page.next):
        await tx.run(KNOW, list(page.subjects))
        await tx.run(COUNT_IN, due.scope_id, list(page.subjects))


async def postpone(tx: Transaction, due: DueScope, wait_s: float) -> None:
    await tx.run(POSTPONE, due.scope_id, wait_s)


async def lock(tx: Transaction, breach_id: UUID, scope_id: UUID) -> BreachScope | None:
    """A scope of this breach, held against everybody else."""
    row = await tx.row(LOCK, breach_id, scope_id)
    return BreachScope.model_validate(dict(row)) if row else None


async def of_breaches(tx: Transaction, breaches: Collection[UUID]) -> dict[UUID, tuple[BreachScope, ...]]:
    """The scopes of each of these breaches."""
    found: dict[UUID, tuple[BreachScope, ...]] = {}
    for row in await tx.rows(OF_BREACHES, list(breaches)):
        scope = BreachScope.model_validate(dict(row))
        found[row["breach_id"]] = (*found.get(row["breach_id"], ()), scope)
    return found


async def name(tx: Transaction, breach_id: UUID, scope_id: UUID) -> AffectedPeople:
    """Name everybody who was counted; who was named already is not named again."""
    named = await tx.value(NAME, breach_id, scope_id)
    tx.wake(BREACH_LETTERS)
    return AffectedPeople(named=named, erased=0)
