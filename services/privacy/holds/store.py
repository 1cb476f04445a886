"""The rows of legal holds: the officers' record, and what services replicate of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.privacy.subject_links import LINKED
from shared.contracts.privacy import HoldChanged, KnownHold, LegalHold, ListHolds
from shared.database import ONE_BY_ONE, Row, Transaction
from shared.law.calendar import WARSAW
from shared.law.retention import Retention
from shared.personal_data.holds import IN_FORCE, RELEASED_FOR

OF_CASE = "SELECT subject_id FROM privacy_case WHERE case_id = $1"
# After an erasure nobody is linked any more: whoever went together stands in one order under one case.
LOCK_PERSON = f"""
SELECT subject_id, live FROM subject WHERE subject_id IN (
  SELECT $1::uuid UNION {LINKED.format(subject_id="$1")}
  UNION SELECT other.subject_id FROM erasure_order o, unnest(o.subjects, o.cases) AS mine (subject_id, case_id),
    unnest(o.subjects, o.cases) AS other (subject_id, case_id)
  WHERE $1 = ANY (o.subjects) AND mine.subject_id = $1 AND other.case_id = mine.case_id)
ORDER BY subject_id FOR NO KEY UPDATE
"""  # noqa: S608 constants
PLACE = """
INSERT INTO legal_hold (hold_id, subject_id, case_id, scope, ground, owner, live, review_at, provisions, exemptions)
SELECT $1, subject_id, $3, $4, $5, $6, live, $7, ARRAY[$8], ARRAY[$9] FROM subject WHERE subject_id = $2
ON CONFLICT DO NOTHING
"""
NOTE = "INSERT INTO hold_event (hold_id, actor, act, reason, review_on) VALUES ($1, $2, $3, $4, $5)"
TOLD = """hold_id, subject_id, scope, provisions[1] AS provision, exemptions[1] AS exemption, review_at AS review_on,
  version"""
COVER = f"""
INSERT INTO hold (hold_id, subject_id, scope, version, live, review_at, provisions, exemptions)
SELECT l.hold_id, s.subject_id, l.scope, nextval('hold_version'), s.live, l.review_at, l.provisions, l.exemptions
FROM legal_hold l, subject s WHERE l.hold_id = $1 AND l.released_at IS NULL AND s.subject_id = ANY ($2)
ON CONFLICT DO NOTHING RETURNING {TOLD}
"""  # noqa: S608 constants
OPEN_OF = f"SELECT DISTINCT hold_id FROM hold WHERE subject_id = ANY ($1) AND {IN_FORCE}"  # noqa: S608 constants
LOCK = "SELECT hold_id, subject_id, released_at IS NULL AS is_open FROM legal_hold WHERE hold_id = $1 FOR NO KEY UPDATE"
REVIEW = "UPDATE legal_hold SET review_at = $2 WHERE hold_id = $1"
RELEASE = """
UPDATE legal_hold SET released_at = clock_timestamp(), review_at = NULL, retain_until = $2,
  provisions = $3, exemptions = $4
WHERE hold_id = $1
"""
TELL = f"""
UPDATE hold h SET version = nextval('hold_version'), review_at = l.review_at,
  retain_until = CASE WHEN l.review_at IS NULL THEN (l.released_at AT TIME ZONE '{WARSAW}')::date + $2::integer END
FROM legal_hold l WHERE l.hold_id = h.hold_id AND h.hold_id = $1
RETURNING {", ".join(f"h.{each.strip()}" for each in TOLD.split(","))}
"""  # noqa: S608 constants
OF_PEOPLE = f"SELECT {TOLD} FROM hold WHERE subject_id = ANY ($1) AND {IN_FORCE} ORDER BY hold_id"  # noqa: S608 constants
AFTER = f"SELECT {TOLD} FROM hold WHERE (hold_id, subject_id) > ($1, $2) ORDER BY hold_id, subject_id LIMIT $3"  # noqa: S608 constants
UNDER_WAY = """
SELECT EXISTS (SELECT FROM privacy_case WHERE kind = 'erasure' AND state = 'ordered' AND subject_id = ANY ($1))
"""
NO_ORDERS_MEANWHILE = "SELECT pg_advisory_xact_lock_shared($1)"
CANNOT_OUTLIVE = """(SELECT array_agg(DISTINCT t ->> 'category') || '*'::text
  FROM participant p, jsonb_array_elements(p.tables) AS t WHERE p.left_at IS NULL AND NOT (t ->> 'kept')::boolean)"""
"""The categories of which some table has no retained rows: what is held of them can't outlive an erasure."""
WAITED_FOR = f"h.{IN_FORCE} AND h.scope && {CANNOT_OUTLIVE}"
"""Whether an erasure waits for a row `h` of `hold`."""
ERASURE_WAITS = f"EXISTS (SELECT FROM hold h WHERE h.subject_id = c.subject_id AND {WAITED_FOR} {ONE_BY_ONE})"
"""Whether the erasure of a case `c` waits for a hold; one covers all ids of its person."""
WAITS = f"SELECT coalesce($1::text[] && {CANNOT_OUTLIVE}, false)"
LIST = f"""
SELECT l.hold_id, l.subject_id AS person_id, l.case_id, l.scope, l.ground, l.owner, l.placed_at,
  placed.actor AS placed_by, placed.reason, l.review_at AS review_on,
  coalesce(l.review_at <= $1, false) AS review_is_due, l.released_at, released.reason AS release_reason,
  l.live AND l.released_at IS NULL AND l.scope && {CANNOT_OUTLIVE}
  AS erasure_waits, coalesce((SELECT max(version) FROM hold h WHERE h.hold_id = l.hold_id), 0) AS version
FROM legal_hold l JOIN hold_event placed ON placed.hold_id = l.hold_id AND placed.act = 'placed'
LEFT JOIN hold_event released ON released.hold_id = l.hold_id AND released.act = 'released'
WHERE ($2::boolean IS NULL OR (l.released_at IS NULL) = $2) AND (NOT $3::boolean OR l.review_at <= $1)
  AND ($4::uuid IS NULL OR EXISTS (SELECT FROM hold h WHERE h.hold_id = l.hold_id AND h.subject_id = $4))
ORDER BY l.review_at NULLS LAST, l.placed_at DESC LIMIT $5
"""  # noqa: S608 constants


@dataclass(frozen=True)
class Id:
    """One id of a person."""

    subject_id: UUID
    live: bool


@dataclass(frozen=True)
class Locked:
    """A hold whose next change waits for this transaction."""

    hold_id: UUID
    subject_id: UUID
    is_open: bool


@dataclass(frozen=True)
class Placing:
    """All that is known when a hold is placed."""

    hold_id: UUID
    subject_id: UUID
    case_id: UUID | None
    scope: tuple[str, ...]
    ground: str
    owner: str
    review_on: date
    provision: str
    exemption: str
    actor: str
    reason: str


async def person_of(tx: Transaction, case_id: UUID) -> UUID | None:
    """Whose case it is."""
    subject_id: UUID | None = await tx.value(OF_CASE, case_id)
    return subject_id


async def lock_person(tx: Transaction, subject_id: UUID) -> list[Id]:
    """All ids of a person, locked; none of somebody nobody knows."""
    return [Id(**row) for row in await tx.rows(LOCK_PERSON, subject_id)]


async def is_ordered(tx: Transaction, ids: Sequence[UUID], dispatcher: int) -> bool:
    """Whether a person's erasure is on its way; none is ordered until this transaction has ended."""
    await tx.value(NO_ORDERS_MEANWHILE, dispatcher)
    return bool(await tx.value(UNDER_WAY, list(ids)))


async def would_wait(tx: Transaction, scope: Sequence[str]) -> bool:
    """Whether an erasure has to wait for a hold of this scope."""
    return bool(await tx.value(WAITS, list(scope)))


async def place(tx: Transaction, placing: Placing) -> bool:
    """Keep a hold and who placed it; False when it is there already."""
    p = placing
    whom = (p.hold_id, p.subject_id, p.case_id)
    if not await tx.run(PLACE, *whom, list(p.scope), p.ground, p.owner, p.review_on, p.provision, p.exemption):
        return False
    await tx.run(NOTE, p.hold_id, p.actor, "placed", p.reason, p.review_on)
    return True


async def cover(tx: Transaction, hold_id: UUID, ids: Sequence[UUID]) -> list[HoldChanged]:
    """Extend an open hold to these ids; what is to be published."""
    return [_changed(row) for row in await tx.rows(COVER, hold_id, list(ids))]


async def open_of(tx: Transaction, ids: Sequence[UUID]) -> list[UUID]:
    """The holds in force on any of these ids."""
    return [row["hold_id"] for row in await tx.rows(OPEN_OF, list(ids))]


async def lock(tx: Transaction, hold_id: UUID) -> Locked | None:
    row = await tx.row(LOCK, hold_id)
    return Locked(**row) if row else None


async def review(tx: Transaction, hold_id: UUID, review_on: date, actor: str, reason: str) -> list[HoldChanged]:
    """Move the review of an open hold; what is to be published."""
    await tx.run(REVIEW, hold_id, review_on)
    await tx.run(NOTE, hold_id, actor, "reviewed", reason, review_on)
    return await _tell(tx, hold_id)


async def release(tx: Transaction, hold_id: UUID, kept: Retention, actor: str, reason: str) -> list[HoldChanged]:
    """End an open hold, whose record is kept as proof; what is to be published."""
    await tx.run(RELEASE, hold_id, kept.until, kept.provisions, kept.exemptions)
    await tx.run(NOTE, hold_id, actor, "released", reason, None)
    return await _tell(tx, hold_id)


async def _tell(tx: Transaction, hold_id: UUID) -> list[HoldChanged]:
    return [_changed(row) for row in await tx.rows(TELL, hold_id, RELEASED_FOR.days)]


async def of_people(tx: Transaction, ids: Sequence[UUID]) -> tuple[KnownHold, ...]:
    """What is held of some people."""
    return tuple(KnownHold.model_validate(dict(row)) for row in await tx.rows(OF_PEOPLE, list(ids)))


async def after(tx: Transaction, hold_id: UUID, subject_id: UUID, limit: int) -> tuple[KnownHold, ...]:
    """A page of all holds, released ones too, in order."""
    return tuple(KnownHold.model_validate(dict(row)) for row in await tx.rows(AFTER, hold_id, subject_id, limit))


async def listed(tx: Transaction, today: date, wanted: ListHolds) -> tuple[LegalHold, ...]:
    is_open = None if wanted.state is None else wanted.state == "open"
    rows = await tx.rows(LIST, today, is_open, wanted.review_due, wanted.person_id, wanted.limit)
    return tuple(LegalHold.model_validate(dict(row)) for row in rows)


def _changed(row: Row) -> HoldChanged:
    return HoldChanged.model_validate(dict(row))
