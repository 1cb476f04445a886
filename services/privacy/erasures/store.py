"""Cases and orders as they are stored, read for those who run the system."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.privacy.cases.machine import Actor
from services.privacy.erasure_orders.store import OWES
from services.privacy.erasures.rules import OPEN, SOON, AskedRow, CaseRow
from services.privacy.holds.store import ERASURE_WAITS
from services.privacy.open_copies import COPY_IS_OPEN
from shared.contracts.privacy.erasures import CaseState
from shared.database import Row, Transaction
from shared.law.calendar import WARSAW

TOLD = f"(c.hold_told_at IS NOT NULL AND c.closed_at IS NULL AND {ERASURE_WAITS})"
# What is in doubt or refused is the desk's: no operator does anything about it.
CASE = f"""
SELECT c.case_id, c.state, c.channel, c.verified_by, c.received_at, c.due_on, c.run_at, c.closed_at, c.attempt,
  array_remove(coalesce(c.earlier_orders, '{{}}') || c.order_id, NULL) AS orders,
  c.letter, c.letter_tries, c.letter_due_at, c.closed_at IS NULL AND {COPY_IS_OPEN} AS waits_for_copy,
  c.closed_at IS NULL AND {ERASURE_WAITS} AS waits_for_hold, {TOLD} AS was_told
FROM privacy_case c WHERE c.kind = 'erasure' AND c.state <> ALL ('{{identity pending,refused}}') AND
"""  # noqa: S608 constants
DUE_FIRST = " ORDER BY c.due_on, c.received_at, c.case_id"
LISTED = (
    CASE
    + f""" c.state = ANY ($1)
  AND ($2::date IS NULL OR NOT {TOLD}
    AND (c.due_on <= $2 OR (c.state <> 'ordered' AND (c.run_at AT TIME ZONE $3)::date > c.due_on)))
  AND ($4 = '' OR EXISTS (SELECT FROM erasure_order o JOIN order_participant p USING (order_id)
    WHERE o.order_id = c.order_id AND o.open AND p.service = $4
      AND {OWES}))
"""
    + DUE_FIRST
    + " LIMIT $5"
)
NAMED = CASE + "(c.case_id = $1 OR c.order_id = $1 OR $1 = ANY (c.earlier_orders))" + DUE_FIRST
ONE = CASE + "c.case_id = $1"
LOCK = ONE + " FOR UPDATE"
ORDERS = """
SELECT o.order_id, o.open, o.ordered_at, o.closed_at, o.subjects, o.cases,
  p.service, p.answered, cardinality(p.failed) AS failed, p.asked_at, p.reminders,
  p.departure_id IS NOT NULL AND p.answered < cardinality(o.subjects) AS has_left
FROM erasure_order o JOIN order_participant p USING (order_id) WHERE o.order_id = ANY ($1)
ORDER BY o.ordered_at, o.order_id, p.service
"""
ASKED = ("service", "answered", "failed", "asked_at", "reminders", "has_left")
IN_FLIGHT = "SELECT count(*) FROM erasure_order WHERE open"
TRY_NOW = "UPDATE privacy_case SET run_at = clock_timestamp() WHERE case_id = $1"
RELEASED = "INSERT INTO case_event (case_id, actor, before, after, reason) VALUES ($1, $2, $3, $3, 'released')"
RELEASES = "SELECT at FROM case_event WHERE case_id = $1 AND reason = 'released' ORDER BY at"
# Longer ago than any wait between two reminders (jobs/reminders.py): the next look of that loop asks again.
ASK_NOW = f"""
UPDATE order_participant p SET asked_at = now() - interval '1 day' FROM erasure_order o
WHERE o.order_id = $1 AND p.order_id = o.order_id AND o.open
  AND {OWES}
"""  # noqa: S608 constants


@dataclass(frozen=True)
class OrderRow:
    """One order and whom it asks; `subjects` and `cases` are aligned."""

    order_id: UUID
    open: bool
    ordered_at: datetime
    closed_at: datetime | None
    subjects: tuple[UUID, ...]
    cases: tuple[UUID, ...]
    asked: tuple[AskedRow, ...]

    def people_of(self, case_id: UUID) -> frozenset[UUID]:
        """The ids that the order names for one case."""
        return frozenset(s for s, case in zip(self.subjects, self.cases, strict=True) if case == case_id)


async def cases(
    tx: Transaction, state: CaseState | None, late_on: date | None, waits_for: str, most: int
) -> list[CaseRow]:
    """Open cases or those of a state, due first; with `late_on` those that were in danger of their date on that day."""
    states = [state] if state else list(OPEN)
    soon = late_on and late_on + SOON
    return [_case(row) for row in await tx.rows(LISTED, states, soon, str(WARSAW), waits_for, most)]


async def cases_of(tx: Transaction, either: UUID) -> list[CaseRow]:
    """The case of an id, or the cases of an order's."""
    return [_case(row) for row in await tx.rows(NAMED, either)]


async def case(tx: Transaction, case_id: UUID) -> CaseRow | None:
    row = await tx.row(ONE, case_id)
    return _case(row) if row else None


async def lock(tx: Transaction, case_id: UUID) -> CaseRow | None:
    row = await tx.row(LOCK, case_id)
    return _case(row) if row else None


async def orders(tx: Transaction, ids: Sequence[UUID]) -> list[OrderRow]:
    """Orders with whom they ask, oldest first."""
    by_order: dict[UUID, list[Row]] = {}
    for row in await tx.rows(ORDERS, list(ids)):
        by_order.setdefault(row["order_id"], []).append(row)
    return [_order(rows) for rows in by_order.values()]


async def in_flight(tx: Transaction) -> int:
    return int(await tx.value(IN_FLIGHT))


async def try_now(tx: Transaction, case: CaseRow, actor: Actor) -> None:
    """Let a case be ordered with the next order; if it is ordered, let those be asked again who owe a report."""
    await tx.run(RELEASED, case.case_id, actor, case.state)
    if case.state == "ordered":
        await tx.run(ASK_NOW, case.orders[-1])
    else:
        await tx.run(TRY_NOW, case.case_id)


async def releases(tx: Transaction, case_id: UUID) -> list[datetime]:
    """When operators let a case go on at once."""
    return [row["at"] for row in await tx.rows(RELEASES, case_id)]


def _case(row: Row) -> CaseRow:
    return CaseRow(**{**row, "orders": tuple(row["orders"])})


def _order(rows: Sequence[Row]) -> OrderRow:
    first = rows[0]
    asked = tuple(AskedRow(people=len(first["subjects"]), **{name: row[name] for name in ASKED}) for row in rows)
    return OrderRow(
        first["order_id"],
        first["open"],
        first["ordered_at"],
        first["closed_at"],
        tuple(first["subjects"]),
        tuple(first["cases"]),
        asked,
    )
