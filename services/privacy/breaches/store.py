"""The rows of breaches, and of every step that was taken about one."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.privacy.breaches.rules import StoredBreach
from shared.contracts.privacy.breaches import JudgeBreach, RecordBreach, ReportBreach, TellOfBreach
from shared.database import Row, Transaction
from shared.problems import refuse

COLUMNS = """breach_id, aware_at, natures, categories, people, records, was_sealed, facts, risk, reported_at,
  is_complete, people_told,
  EXISTS (SELECT FROM breach_letter l WHERE l.breach_id = breach.breach_id) AS letters_issued,
  (SELECT count(*) FROM breach_person p WHERE p.breach_id = breach.breach_id) AS people_named,
  (SELECT count(*) FROM breach_person p WHERE p.breach_id = breach.breach_id AND ending = 'sent') AS people_written_to,
  (SELECT count(*) FROM breach_person p WHERE p.breach_id = breach.breach_id AND ending <> 'sent') AS people_not_reached
"""
INSERT = """
INSERT INTO breach (aware_at, natures, categories, people, records, was_sealed, facts)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING breach_id
"""
LOCK = f"SELECT {COLUMNS} FROM breach WHERE breach_id = $1 FOR UPDATE"  # noqa: S608 constants
LISTED = f"""
SELECT {COLUMNS} FROM breach
ORDER BY (risk IS DISTINCT FROM 'unlikely' AND NOT is_complete) DESC, aware_at LIMIT $1
"""  # noqa: S608 constants
JUDGE = "UPDATE breach SET risk = $2 WHERE breach_id = $1"
REPORT = """
UPDATE breach SET reported_at = coalesce(reported_at, $2), is_complete = is_complete OR $3 WHERE breach_id = $1
"""
TELL = "UPDATE breach SET people_told = $2 WHERE breach_id = $1"
NOTE = "INSERT INTO breach_event (breach_id, by, step, said) VALUES ($1, $2, $3, $4)"


async def record(tx: Transaction, request: RecordBreach, officer: UUID) -> UUID:
    """Enter a breach; its id."""
    what = (list(request.natures), list(request.categories), request.people, request.records)
    breach_id: UUID = await tx.value(INSERT, request.aware_at, *what, request.was_sealed, request.facts)
    await note(tx, breach_id, officer, "recorded", {"facts": request.facts})
    return breach_id


async def lock(tx: Transaction, breach_id: UUID) -> StoredBreach:
    """Raises Refused (404)."""
    row = await tx.row(LOCK, breach_id)
    if row is None:
        raise refuse(404, "there is no such breach")
    return _stored(row)


async def listed(tx: Transaction, limit: int) -> list[StoredBreach]:
    return [_stored(row) for row in await tx.rows(LISTED, limit)]


async def judge(tx: Transaction, request: JudgeBreach, officer: UUID) -> None:
    await tx.run(JUDGE, request.breach_id, request.risk)
    await note(tx, request.breach_id, officer, "judged", {"risk": request.risk, "reason": request.reason})


async def report(tx: Transaction, request: ReportBreach, officer: UUID) -> None:
    """The first report counts for the clock; one to which nothing is to be added completes it."""
    await tx.run(REPORT, request.breach_id, request.reported_at, not request.more_follows)
    said = request.model_dump(mode="json", exclude={"breach_id"})
    await note(tx, request.breach_id, officer, "reported", said)


async def tell(tx: Transaction, request: TellOfBreach, officer: UUID) -> None:
    await tx.run(TELL, request.breach_id, request.told)
    await note(tx, request.breach_id, officer, "people told", {"told": request.told, "reason": request.reason})


async def note(tx: Transaction, breach_id: UUID, officer: UUID, step: str, said: Mapping[str, Any]) -> None:
    """Every step is evidence."""
    await tx.run(NOTE, breach_id, officer, step, json.dumps(said, ensure_ascii=False))


def _stored(row: Row) -> StoredBreach:
    values = dict(row)
    return StoredBreach(**values | {name: tuple(values[name]) for name in ("natures", "categories")})
