"""What staff have to look at: money that was told of and not booked, or is disputed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prometheus_client import Counter

from services.licensing.money import CURRENCY
from shared.contracts.licensing import StaffCase, StaffCaseKind
from shared.database import Transaction
from shared.observability import log
from shared.problems import refuse

OPENED = Counter(
    "lethe_staff_cases_opened_total", "Money that was told of and not booked: somebody has to look", ["kind"]
)
OPEN = """
INSERT INTO staff_case (kind, event, reference, expected, received, currency, topic, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (event) DO NOTHING
"""
OPEN_CASES = """
SELECT case_id, kind, reference, expected, received, currency, opened_at, resolved_at, topic, due_at FROM staff_case
WHERE resolved_at IS NULL ORDER BY opened_at, case_id LIMIT $1
"""
RESOLVE = "UPDATE staff_case SET resolved_at = COALESCE(resolved_at, now()) WHERE case_id = $1"
RESOLVE_OF_EVENT = "UPDATE staff_case SET resolved_at = now() WHERE event = $1 AND resolved_at IS NULL"
DROP_OLD = "DELETE FROM staff_case WHERE resolved_at < now() - interval '90 days'"


@dataclass(frozen=True)
class Money:
    """What was due (None: nothing) and what was told of, in hundredths of the currency."""

    expected: int | None
    received: int
    currency: str = CURRENCY


@dataclass(frozen=True)
class About:
    """What a case is about where its kind says less, and until when something can be done."""

    topic: str = ""
    due_at: datetime | None = None


async def open_case(
    tx: Transaction, kind: StaffCaseKind, event: str, reference: str, money: Money, about: About = About()
) -> None:
    """Open a case, once for each event."""
    told = (money.expected, money.received, money.currency, about.topic, about.due_at)
    if await tx.run(OPEN, kind, event, reference, *told):
        log.error("staff case opened", reason=kind)
        OPENED.labels(kind).inc()


async def open_cases(tx: Transaction, limit: int) -> tuple[StaffCase, ...]:
    """Oldest first."""
    return tuple(StaffCase.model_validate(dict(row)) for row in await tx.rows(OPEN_CASES, limit))


async def resolve(tx: Transaction, case_id: UUID) -> None:
    """Raises Refused (404)."""
    if not await tx.run(RESOLVE, case_id):
        raise refuse(404, "no such case")


async def resolve_of_event(tx: Transaction, event: str) -> None:
    """What a case waited for was told."""
    await tx.run(RESOLVE_OF_EVENT, event)


async def drop_old(tx: Transaction) -> None:
    await tx.run(DROP_OLD)
