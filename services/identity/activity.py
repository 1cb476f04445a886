"""The activity log: what happened to an account, from where, for 90 days."""

from datetime import datetime
from uuid import UUID

from shared.contracts import identity
from shared.database import Transaction

NOTE = "INSERT INTO activity (subject_id, what, ip, at) VALUES ($1, $2, $3, coalesce($4, clock_timestamp()))"
NEWEST = "SELECT at, what, ip FROM activity WHERE subject_id = $1 ORDER BY at DESC, activity_id DESC LIMIT $2"


async def note(tx: Transaction, subject_id: UUID, what: str, ip: str = "", at: datetime | None = None) -> None:
    await tx.run(NOTE, subject_id, what, ip, at)


async def newest(tx: Transaction, subject_id: UUID, limit: int) -> tuple[identity.Activity, ...]:
    rows = await tx.rows(NEWEST, subject_id, limit)
    return tuple(identity.Activity.model_validate(dict(row)) for row in rows)
