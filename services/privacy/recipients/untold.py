"""Recipients who are not told yet, or were, as officers see them; how one is settled (GDPR Art. 19)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.privacy.recipients.store import STANDS
from shared.contracts.privacy import NoticeAbout, NoticeEnding
from shared.contracts.privacy.recipients import ProofType, RecipientNoticeState
from shared.database import Transaction

# Not told "without undue delay": nobody waits a month for an answer of ours either (GDPR Art. 12(3), 19).
IS_LATE = "n.written_at < now() - interval '30 days'"
NOTICE = """n.notice_id, n.case_id, n.recipient, n.about, n.lifted, n.written_at, n.state, n.tries, n.fault, n.how,
  n.proof_type AS proof
FROM recipient_notice n JOIN privacy_case c USING (case_id)"""
OPEN = f"""
SELECT {NOTICE}
WHERE n.settled_at IS NULL AND CASE WHEN $2 THEN {IS_LATE} ELSE n.due_at = 'infinity' END AND {STANDS}
  AND n.case_id = coalesce($3, n.case_id)
ORDER BY n.written_at, n.notice_id LIMIT $1
"""
SETTLED = f"""
SELECT {NOTICE} WHERE n.settled_at IS NOT NULL AND n.case_id = coalesce($2, n.case_id)
ORDER BY n.settled_at DESC, n.notice_id LIMIT $1
"""
UNTOLD = f"""
SELECT count(*) FILTER (WHERE {IS_LATE}) AS late,
  count(*) FILTER (WHERE NOT {IS_LATE} AND n.state = 'failed') AS failed,
  count(*) FILTER (WHERE NOT {IS_LATE} AND n.state = 'due') AS due
FROM recipient_notice n JOIN privacy_case c USING (case_id) WHERE n.settled_at IS NULL AND {STANDS}
"""  # noqa: S608 constants
LOCK = "SELECT case_id, how FROM recipient_notice WHERE notice_id = $1 FOR NO KEY UPDATE"
SETTLE = """
UPDATE recipient_notice SET how = $2, reason = $3, by = $4, settled_at = clock_timestamp(), due_at = 'infinity'
WHERE notice_id = $1
"""


@dataclass(frozen=True)
class Listed:
    """What somebody has to do by hand, or has done."""

    notice_id: UUID
    case_id: UUID
    recipient: str
    about: NoticeAbout
    lifted: bool
    written_at: datetime
    state: RecipientNoticeState
    tries: int
    fault: str
    how: NoticeEnding | None
    proof: ProofType | None


@dataclass(frozen=True)
class Untold:
    """How many recipients are not told yet: each counts once, as late before anything else."""

    late: int
    failed: int
    due: int


@dataclass(frozen=True)
class Locked:
    """The case of a notice, and how it ended."""

    case_id: UUID
    how: NoticeEnding | None


async def open_ones(tx: Transaction, limit: int, case_id: UUID | None, *, late: bool) -> list[Listed]:
    """What waits for a human, oldest first; or what is late, also while a machine still tries; of one case, or all."""
    return [Listed(**row) for row in await tx.rows(OPEN, limit, late, case_id)]


async def settled_ones(tx: Transaction, limit: int, case_id: UUID | None) -> list[Listed]:
    """Who was told or can't be, newest first; of one case, or all."""
    return [Listed(**row) for row in await tx.rows(SETTLED, limit, case_id)]


async def untold(tx: Transaction) -> Untold:
    (row,) = await tx.rows(UNTOLD)
    return Untold(**row)


async def lock(tx: Transaction, notice_id: UUID) -> Locked | None:
    """A notice, held against everybody else."""
    row = await tx.row(LOCK, notice_id)
    return Locked(**row) if row else None


async def settle(tx: Transaction, notice_id: UUID, how: NoticeEnding, reason: str, by: UUID) -> None:
    await tx.run(SETTLE, notice_id, how, reason, by)
