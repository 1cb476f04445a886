"""What a certificate is made of: the closed case, the reports of its rounds, the ends of retention."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.privacy.cases.reasons import Left
from shared.contracts import participants
from shared.contracts.fields import Language
from shared.database import Row, Transaction
from shared.problems import refuse
from shared.secrets import digest

CASE = """
SELECT c.case_id, c.state, c.language, c.received_at, c.due_on, c.closed_at, c.order_id, c.earlier_orders, o.ordered_at,
  o.subjects, o.cases
FROM privacy_case c LEFT JOIN erasure_order o ON o.order_id = c.order_id
WHERE c.kind = 'erasure' AND (c.token_hash = $1 OR c.case_id = $2)
"""
REPORTS = "SELECT service, subjects, body, received_at FROM order_report WHERE order_id = $1 ORDER BY service, part"
EARLIER_REPORTS = """
SELECT r.service, r.subjects, r.body, r.received_at FROM order_report r JOIN erasure_order o USING (order_id)
WHERE r.order_id = ANY ($1) ORDER BY o.ordered_at, r.service, r.part
"""
UNKEYED = "SELECT service, unkeyed FROM order_participant WHERE order_id = $1 ORDER BY service"
# Whoever left in one round and answered in another has told everything.
LEFT = """
SELECT DISTINCT d.service, d.left_at, d.reason
FROM order_participant p JOIN participant_departure d USING (departure_id)
WHERE p.order_id = ANY ($1) AND EXISTS (SELECT FROM unnest($2::uuid[]) person WHERE NOT EXISTS (
  SELECT FROM order_report r WHERE r.order_id = ANY ($1) AND r.service = p.service AND person = ANY (r.subjects)))
ORDER BY d.left_at
"""
SECOND_PAGES = "SELECT service, tables, ended_at FROM second_page WHERE subjects && $1::uuid[] ORDER BY ended_at"
STORE_SECOND_PAGE = "INSERT INTO second_page (service, tables, ended_at, subjects) VALUES ($1, $2, $3, $4)"


@dataclass(frozen=True)
class ClosedCase:
    """A case that has ended by its erasure; `subjects` are all ids of its person."""

    case_id: UUID
    language: Language
    received_at: datetime
    due_on: date
    ordered_at: datetime
    closed_at: datetime
    order_id: UUID
    earlier_orders: tuple[UUID, ...]
    subjects: frozenset[UUID]


@dataclass(frozen=True)
class Report:
    """What a participant reported of some people; `body` is an ErasureReported as it came."""

    service: str
    subjects: tuple[UUID, ...]
    body: dict[str, Any]
    received_at: datetime


@dataclass(frozen=True)
class SecondPage:
    """Retained rows that a participant has purged on their day."""

    service: str
    tables: tuple[dict[str, Any], ...]
    ended_at: date


@dataclass(frozen=True)
class UnkeyedTables:
    """The tables in which a participant may hold something that no key leads to; None: it had not said."""

    service: str
    tables: tuple[dict[str, Any], ...] | None


async def closed_case(tx: Transaction, token: str) -> ClosedCase:
    """The case of a token. Raises Refused: 404, or 409 while it is not closed."""
    return _closed(await tx.row(CASE, digest(token), None))


async def closed_case_by_id(tx: Transaction, case_id: UUID) -> ClosedCase:
    """The same for whom the case is known to."""
    return _closed(await tx.row(CASE, None, case_id))


def _closed(row: Row | None) -> ClosedCase:
    if row is None:
        raise refuse(404, "no such case")
    if row["state"] != "closed":
        raise refuse(409, "the case is not closed yet", message=f"it is {row['state']}")
    return ClosedCase(
        case_id=row["case_id"],
        language=row["language"],
        received_at=row["received_at"],
        due_on=row["due_on"],
        ordered_at=row["ordered_at"],
        closed_at=row["closed_at"],
        order_id=row["order_id"],
        earlier_orders=tuple(row["earlier_orders"] or ()),
        subjects=frozenset(s for s, c in zip(row["subjects"], row["cases"], strict=True) if c == row["case_id"]),
    )


async def reports(tx: Transaction, order_id: UUID) -> list[Report]:
    return [_report(row) for row in await tx.rows(REPORTS, order_id)]


async def earlier_reports(tx: Transaction, order_ids: Sequence[UUID]) -> list[Report]:
    """The reports of earlier rounds, oldest order first."""
    return [_report(row) for row in await tx.rows(EARLIER_REPORTS, list(order_ids))]


def _report(row: Row) -> Report:
    return Report(row["service"], tuple(row["subjects"]), json.loads(row["body"]), row["received_at"])


async def unkeyed(tx: Transaction, order_id: UUID) -> list[UnkeyedTables]:
    """What the participants of an order hold without a key to a person, as they had announced it."""
    return [
        UnkeyedTables(row["service"], None if row["unkeyed"] is None else tuple(json.loads(row["unkeyed"])))
        for row in await tx.rows(UNKEYED, order_id)
    ]


async def left(tx: Transaction, case: ClosedCase) -> list[Left]:
    """Who left before it had told what it did for all ids of a person."""
    orders = [*case.earlier_orders, case.order_id]
    return [Left(**row) for row in await tx.rows(LEFT, orders, list(case.subjects))]


async def second_pages(tx: Transaction, subjects: Collection[UUID]) -> list[SecondPage]:
    """The ends of retention of some people, oldest first."""
    return [
        SecondPage(row["service"], tuple(json.loads(row["tables"])), row["ended_at"])
        for row in await tx.rows(SECOND_PAGES, list(subjects))
    ]


async def add_second_page(tx: Transaction, event: participants.RetentionEnded) -> None:
    """Keep what a participant says has ended."""
    tables = [table.model_dump(mode="json") for table in event.tables]
    subjects = sorted({subject for table in event.tables for subject in table.subjects})
    await tx.run(STORE_SECOND_PAGE, event.service, json.dumps(tables), event.ended_at, subjects)
