"""The rows of notices and of what became of them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.privacy.documents.notice.edition import digest_of
from shared.contracts.privacy.notices import NoticeState, NoticeStep
from shared.database import Row, Transaction

COLUMNS = """n.notice_id, n.state, n.content, n.content_hash, n.drafted_at, n.approved_digest, n.version,
  (SELECT p.effective_on FROM publication p WHERE p.kind = 'notice' AND p.version = n.version) AS effective_on"""
ONE_DRAWING = "SELECT pg_advisory_xact_lock(4546)"
OPEN = f"SELECT {COLUMNS} FROM notice n WHERE n.state IN ('drafted', 'approved') FOR UPDATE OF n"  # noqa: S608 constants
ONE = f"SELECT {COLUMNS} FROM notice n WHERE n.notice_id = $1"  # noqa: S608 constants
LOCK = f"{ONE} FOR UPDATE OF n"
NEWEST = f"SELECT {COLUMNS} FROM notice n ORDER BY n.drafted_at DESC LIMIT $1"  # noqa: S608 constants
INSERT = "INSERT INTO notice (notice_id, content, content_hash) VALUES ($1, $2, $3)"
REPLACE = """
UPDATE notice SET content = $2, content_hash = $3, state = 'drafted', approved_digest = NULL,
  drafted_at = clock_timestamp()
WHERE notice_id = $1
"""
SET = """
UPDATE notice SET state = $2, approved_digest = coalesce($3, approved_digest), version = coalesce($4, version)
WHERE notice_id = $1
"""
NOTE = """
INSERT INTO notice_event (notice_id, by, state, digest, reason, version, effective_on)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
STEPS = """
SELECT state, at, nullif(by, 'register')::uuid AS by, reason, effective_on FROM notice_event
WHERE notice_id = $1 ORDER BY event_id
"""


@dataclass(frozen=True)
class StoredNotice:
    """A notice, and from when it holds once it is published."""

    notice_id: UUID
    state: NoticeState
    content: str
    content_hash: bytes
    drafted_at: datetime
    approved_digest: str | None
    version: int | None
    effective_on: date | None


@dataclass(frozen=True)
class Step:
    """What becomes of a notice, by whom and why."""

    state: NoticeState
    by: str
    digest: str
    reason: str = ""
    version: int | None = None
    effective_on: date | None = None


async def draw_alone(tx: Transaction) -> None:
    """Of two that would draft, approve, publish or withdraw at once, one waits."""
    await tx.value(ONE_DRAWING)


async def open_one(tx: Transaction) -> StoredNotice | None:
    """The one that waits for approval or publication."""
    return _stored(await tx.row(OPEN))


async def find(tx: Transaction, notice_id: UUID) -> StoredNotice | None:
    return _stored(await tx.row(ONE, notice_id))


async def lock(tx: Transaction, notice_id: UUID) -> StoredNotice | None:
    return _stored(await tx.row(LOCK, notice_id))


async def newest(tx: Transaction, limit: int) -> list[StoredNotice]:
    """The newest first."""
    return [StoredNotice(**{**row, "content_hash": bytes(row["content_hash"])}) for row in await tx.rows(NEWEST, limit)]


async def insert(tx: Transaction, notice_id: UUID, content: str) -> None:
    await tx.run(INSERT, notice_id, content, digest_of(content))


async def replace(tx: Transaction, notice_id: UUID, content: str) -> None:
    """Another text: what was approved before counts no more."""
    await tx.run(REPLACE, notice_id, content, digest_of(content))


async def go(tx: Transaction, notice_id: UUID, step: Step) -> None:
    """Let a notice go on, and note it as evidence."""
    approved = step.digest if step.state == "approved" else None
    await tx.run(SET, notice_id, step.state, approved, step.version)
    await note(tx, notice_id, step)


async def note(tx: Transaction, notice_id: UUID, step: Step) -> None:
    facts = (step.by, step.state, step.digest, step.reason, step.version, step.effective_on)
    await tx.run(NOTE, notice_id, *facts)


async def steps(tx: Transaction, notice_id: UUID) -> tuple[NoticeStep, ...]:
    """What became of it so far, oldest first."""
    return tuple(NoticeStep.model_validate(dict(row)) for row in await tx.rows(STEPS, notice_id))


def _stored(row: Row | None) -> StoredNotice | None:
    return StoredNotice(**{**row, "content_hash": bytes(row["content_hash"])}) if row else None
