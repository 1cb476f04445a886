"""People from whom no orders are taken, in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from shared.database import Transaction
from shared.problems import refuse

ADD = "INSERT INTO ban (subject_id, reason, banned_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
LIFT = "DELETE FROM ban WHERE subject_id = $1"
REASON = "SELECT reason FROM ban WHERE subject_id = $1"
IS_KNOWN = "SELECT EXISTS (SELECT FROM purchase WHERE subject_id = $1)"


async def add(tx: Transaction, subject_id: UUID, reason: str, at: datetime) -> bool:
    """False where it is so already."""
    return bool(await tx.run(ADD, subject_id, reason, at))


async def lift(tx: Transaction, subject_id: UUID) -> bool:
    """False where there was none."""
    return bool(await tx.run(LIFT, subject_id))


async def reason_of(tx: Transaction, subject_id: UUID) -> str | None:
    """None for who is not banned."""
    reason: str | None = await tx.value(REASON, subject_id)
    return reason


async def check(tx: Transaction, subject_id: UUID) -> None:
    """Raises Refused (409) for who is banned."""
    if await reason_of(tx, subject_id) is not None:
        raise refuse(409, "no orders are taken from this account", message="write to us if you do not agree")


async def check_known(tx: Transaction, subject_id: UUID) -> None:
    """Raises Refused (404) for an id that never ordered anything."""
    if not await tx.value(IS_KNOWN, subject_id):
        raise refuse(404, "nobody with this id has ordered anything")
