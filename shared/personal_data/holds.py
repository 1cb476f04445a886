"""The replica of legal holds in every service's database; newer versions win.

A hold keeps rows of the categories of its scope: of the living when they are past their day, of the erased in tables
with the shape of retained rows (docs/decisions/0018-holds.md).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from pydantic_core import to_json

from shared.clock import today
from shared.contracts.privacy import HoldChanged, KnownHold
from shared.database import Transaction
from shared.observability import log, metrics
from shared.personal_data.data_map import DataMap, Table
from shared.purposes import EVERYTHING, Purpose

RELEASED_FOR = timedelta(days=30)
"""So long a released hold is remembered: longer than any message of it can be on its way."""

# Retained where the person was erased: what it holds then is what the law kept.
APPLY = """
INSERT INTO hold (hold_id, subject_id, scope, version, live, review_at, retain_until, provisions, exemptions)
SELECT h.hold_id, h.subject_id, h.scope, h.version, s.live, h.review_on,
  CASE WHEN h.review_on IS NULL THEN $2::date END, ARRAY[h.provision], ARRAY[h.exemption]
FROM jsonb_to_recordset($1) AS h (
  hold_id uuid, subject_id uuid, scope text[], version bigint, review_on date, provision text, exemption text)
JOIN subject s USING (subject_id)
ON CONFLICT (hold_id, subject_id) DO UPDATE SET scope = excluded.scope, version = excluded.version,
  review_at = excluded.review_at, retain_until = excluded.retain_until, provisions = excluded.provisions,
  exemptions = excluded.exemptions
WHERE hold.version < excluded.version
"""
LET_GO = "UPDATE hold SET review_at = NULL, retain_until = $2 WHERE hold_id = ANY ($1)"
# Those on the erased end like all rows that the law kept, and are reported.
END_RELEASED = "DELETE FROM hold WHERE live AND retain_until < $1 AND review_at IS NULL"
IN_FORCE = "review_at IS NOT NULL"


def covers(table: Table) -> str:
    """The SQL condition that a row of `hold` keeps the rows of a table."""
    return f"scope && '{{{','.join((EVERYTHING, table.category, *table.held_with))}}}'"


def held(subject_id: str, table: Table) -> str:
    """The SQL condition that rows of a table are held; `subject_id` is the column that names their person."""
    return f"EXISTS (SELECT FROM hold AS h WHERE h.subject_id = {subject_id} AND h.{IN_FORCE} AND h.{covers(table)})"


async def apply(tx: Transaction, holds: Sequence[KnownHold | HoldChanged]) -> int:
    """Take over holds; answers how many were news. The transaction's purpose must be `legal-duty` for the erased."""
    newest: dict[tuple[UUID, UUID], KnownHold | HoldChanged] = {}
    for hold in sorted(holds, key=lambda one: one.version):
        newest[hold.hold_id, hold.subject_id] = hold
    if not newest:
        return 0
    return await tx.run(APPLY, to_json([newest[key] for key in sorted(newest)]).decode(), today() + RELEASED_FOR)


async def let_go(tx: Transaction, hold_ids: Sequence[UUID]) -> None:
    """End holds that the service itself asked for, before privacy's word comes back."""
    if hold_ids:
        await tx.run(LET_GO, list(hold_ids), today() + RELEASED_FOR)


async def end_released(tx: Transaction, day: date) -> None:
    """Forget the holds on the living that were released long ago."""
    await tx.run(END_RELEASED, day)


async def know(tx: Transaction, holds: Sequence[KnownHold]) -> None:
    """Be as new as an order, in its own transaction: its holds may have overtaken their events."""
    if holds:
        purpose = tx.purpose
        await tx.declare(Purpose.LEGAL_DUTY)
        await apply(tx, holds)
        await tx.declare(purpose)


def unless_held(data_map: DataMap, table: str) -> str:
    """What a statement says besides that deletes rows of a table by their age."""
    return f"NOT {held(f'{table}.subject_id', data_map.table(table))}"


async def say_what_is_held(tx: Transaction, due: Mapping[str, str], day: date, data_map: DataMap) -> None:
    """Count and log the rows that holds keep past their time; conditions by table, $1 is the day."""
    for table, is_over in due.items():
        kept = held("t.subject_id", data_map.table(table))
        waits = await tx.value(f"SELECT count(*) FROM {table} t WHERE ({is_over}) AND {kept}", day)  # noqa: S608 constants
        metrics.kept_by_hold.labels(tx.service, table).set(waits)
        if waits:
            log.info("kept past its day by a hold", table=table, rows=waits)
