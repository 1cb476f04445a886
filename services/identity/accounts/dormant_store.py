"""The rows of accounts that nobody uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.identity.data_map import DATA_MAP
from shared.database import Transaction
from shared.personal_data.holds import unless_held

ASKED_AGAIN = timedelta(days=30)
"""Whose contract goes on is asked about again after so long."""

DORMANT = f"""
SELECT subject_id, used_on, warned_on, warned_again_on FROM account
WHERE used_on < $1 AND ended_on IS NULL AND coalesce(contract_seen_on <= $2, true)
  AND (coalesce(warned_on <= $3, true) AND coalesce(warned_again_on <= $3, true))
  AND {unless_held(DATA_MAP, "account")}
ORDER BY subject_id LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 constants
IN_CONTRACT = "UPDATE account SET contract_seen_on = $2 WHERE subject_id = ANY ($1)"
# Whoever came back meanwhile is left alone.
STEPS = {
    "warn": "UPDATE account SET warned_on = $2 WHERE subject_id = ANY ($1) AND used_on < $3 RETURNING subject_id",
    "warn again": """
UPDATE account SET warned_again_on = $2 WHERE subject_id = ANY ($1) AND used_on < $3 RETURNING subject_id
""",
    "end": "UPDATE account SET ended_on = $2 WHERE subject_id = ANY ($1) AND used_on < $3 RETURNING subject_id",
}
USED = """
UPDATE account SET used_on = $2, warned_on = NULL, warned_again_on = NULL, ended_on = NULL, contract_seen_on = NULL
WHERE subject_id = $1 AND (used_on < $2 OR warned_on IS NOT NULL)
"""


@dataclass(frozen=True)
class Dormant:
    """An account that nobody has used for long."""

    subject_id: UUID
    used_on: date
    warned_on: date | None
    warned_again_on: date | None


async def dormant(tx: Transaction, unused_before: date, day: date, wait: timedelta, limit: int) -> list[Dormant]:
    """Accounts for which something is due, unless their owner is held or restricted."""
    rows = await tx.rows(DORMANT, unused_before, day - ASKED_AGAIN, day - wait, limit)
    return [Dormant(**row) for row in rows]


async def note_contracts(tx: Transaction, subject_ids: Sequence[UUID], day: date) -> None:
    await tx.run(IN_CONTRACT, subject_ids, day)


async def note_step(
    tx: Transaction, step: str, subject_ids: Sequence[UUID], day: date, unused_before: date
) -> list[UUID]:
    """Note what is done; whom it concerns still."""
    return [row["subject_id"] for row in await tx.rows(STEPS[step], subject_ids, day, unused_before)]


async def note_use(tx: Transaction, subject_id: UUID, day: date) -> None:
    """An account is used: nothing of its dormancy is left."""
    await tx.run(USED, subject_id, day)
