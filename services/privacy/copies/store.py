"""The rows of copies: what each participant has told, encrypted, and the key that opens it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.privacy.copies.package import MANIFEST, Place
from services.privacy.erasure_orders.store import ONE_DISPATCHER
from services.privacy.subject_links import LINKED
from shared.database import Transaction

CopyRight = Literal["access", "portability"]
LEASE_S = 60.0
"""So long a part belongs to the process that asks for it, counted anew from each page."""

# Orders are written under this lock: a copy and an order of the same person don't miss one another.
NO_ORDERS_MEANWHILE = "SELECT pg_advisory_xact_lock_shared($1)"
ERASURE_UNDER_WAY = f"""
SELECT EXISTS (SELECT FROM privacy_case WHERE kind = 'erasure' AND closed_at IS NULL AND state <> 'waiting'
  AND subject_id = ANY (ARRAY(SELECT $1::uuid UNION {LINKED.format(subject_id="$1")})))
"""  # noqa: S608 constants
# Whoever has to be there is waited for, also before it has announced its data map for the first time.
BEGIN = f"""
WITH key AS (INSERT INTO copy_key (case_id, subject_id, sealed_key) VALUES ($1, $2, $3))
INSERT INTO copy_part (case_id, service, subject_id, subjects)
SELECT $1, service, $2, ARRAY(SELECT $2::uuid UNION {LINKED.format(subject_id="$2")})
FROM (SELECT service FROM participant WHERE left_at IS NULL
  UNION SELECT unnest($4::text[]) UNION SELECT 'privacy') AS everybody
"""  # noqa: S608 constants
LEASE = """
WITH due AS MATERIALIZED (
  SELECT p.case_id, p.service, c.kind, k.sealed_key
  FROM copy_part p JOIN privacy_case c USING (case_id) JOIN copy_key k USING (case_id)
  LEFT JOIN participant t USING (service)
  WHERE c.state = 'gathering' AND p.done_at IS NULL AND p.next_try_at <= now() AND t.left_at IS NULL
  ORDER BY p.next_try_at LIMIT 1 FOR UPDATE OF p SKIP LOCKED)
UPDATE copy_part p SET attempts = least(attempts, 30000) + 1, next_try_at = now() + make_interval(secs => $1)
FROM due WHERE p.case_id = due.case_id AND p.service = due.service
RETURNING p.case_id, p.subject_id, p.service, p.subjects, p.reached, p.pages, p.chunks, p.attempts, due.kind AS "right",
  due.sealed_key
"""
# A rival, a withdrawal or a new beginning has been here if the part is not as it was.
GO_ON = """
UPDATE copy_part p SET reached = $4, pages = pages + 1, rows = rows + $5, chunks = chunks + $9, attempts = 0,
  done_at = CASE WHEN $6 THEN now() END, next_try_at = now() + make_interval(secs => $7)
FROM privacy_case c, copy_key k
WHERE p.case_id = $1 AND p.service = $2 AND p.pages = $3 AND p.done_at IS NULL
  AND c.case_id = p.case_id AND c.state = 'gathering' AND k.case_id = p.case_id AND k.sealed_key = $8
"""
STORE_CHUNK = "INSERT INTO copy_chunk (case_id, service, number, subject_id, sealed) VALUES ($1, $2, $3, $4, $5)"
PUT_OFF = """
UPDATE copy_part SET next_try_at = now() + make_interval(secs => $4)
WHERE case_id = $1 AND service = $2 AND pages = $3 AND done_at IS NULL
"""
PART_ANEW = """
WITH gone AS (DELETE FROM copy_chunk WHERE case_id = $1 AND service = $2)
UPDATE copy_part SET reached = NULL, pages = 0, chunks = 0, rows = 0, done_at = NULL, next_try_at = now()
WHERE case_id = $1 AND service = $2
"""
COMPLETE = """
SELECT c.case_id, c.subject_id, c.kind AS "right", k.sealed_key FROM privacy_case c JOIN copy_key k USING (case_id)
WHERE c.state = 'gathering' AND NOT EXISTS (
  SELECT FROM copy_part p LEFT JOIN participant t USING (service)
  WHERE p.case_id = c.case_id AND p.done_at IS NULL AND t.left_at IS NULL)
ORDER BY c.received_at LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
"""
PARTS = "SELECT service, chunks, rows, done_at IS NOT NULL AS done FROM copy_part WHERE case_id = $1 ORDER BY service"
TEXTS = """
SELECT DISTINCT t.text_version, t.language, t.purpose, t.words
FROM copy_part p, consent d JOIN consent_text t USING (text_version, language)
WHERE p.case_id = $1 AND p.service = 'privacy' AND d.subject_id = ANY (p.subjects)
ORDER BY t.text_version, t.language
"""
# The receipt goes first: when it has left, this letter follows.
READY = """
UPDATE privacy_case SET state = 'ready', run_at = $2, letter_tries = 0, letter_due_at = now(),
  letter = CASE WHEN letter IS NULL AND sealed_address IS NOT NULL THEN 'ready' ELSE letter END
WHERE case_id = $1 AND state = 'gathering'
"""
LOST = """
SELECT c.case_id, c.subject_id FROM privacy_case c
WHERE c.state IN ('gathering', 'ready') AND NOT EXISTS (SELECT FROM copy_key k WHERE k.case_id = c.case_id)
ORDER BY c.received_at LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
"""
ANEW = """
WITH gone AS (DELETE FROM copy_chunk WHERE case_id = $1),
key AS (INSERT INTO copy_key (case_id, subject_id, sealed_key) VALUES ($1, $2, $3)
  ON CONFLICT (case_id) DO UPDATE SET sealed_key = excluded.sealed_key),
parts AS (UPDATE copy_part SET reached = NULL, pages = 0, chunks = 0, rows = 0, done_at = NULL, attempts = 0,
  next_try_at = now() WHERE case_id = $1)
UPDATE privacy_case SET state = 'gathering', letter = nullif(letter, 'ready')
WHERE case_id = $1 AND state IN ('gathering', 'ready')
"""
EXPIRE = """
UPDATE privacy_case SET state = 'closed', closed_at = $1, sealed_address = NULL, letter = NULL
WHERE state = 'ready' AND run_at <= $1 RETURNING case_id
"""
DESTROY = """
WITH key AS (DELETE FROM copy_key WHERE case_id = ANY ($1)),
chunks AS (DELETE FROM copy_chunk WHERE case_id = ANY ($1))
DELETE FROM copy_part WHERE case_id = ANY ($1)
"""
COPY = """
SELECT c.case_id, c.subject_id, c.kind AS "right", c.state, c.run_at AS until, c.language, c.address_hash,
  c.sealed_address, k.sealed_key
FROM privacy_case c LEFT JOIN copy_key k USING (case_id)
WHERE c.kind IN ('access', 'portability') AND (c.case_id = $1 OR c.token_hash = $2)
"""
CHUNKS_DIGEST = f"""
SELECT encode(sha256(coalesce(string_agg(sha256(sealed), ''::bytea ORDER BY service, number), '')), 'hex')
FROM copy_chunk WHERE case_id = $1 AND service <> '{MANIFEST}'
"""  # noqa: S608 constants
CHUNK = "SELECT sealed FROM copy_chunk WHERE case_id = $1 AND service = $2 AND number = $3"


@dataclass(frozen=True)
class Part:
    """What one participant has told so far for one copy."""

    case_id: UUID
    subject_id: UUID
    service: str
    subjects: list[UUID]
    reached: bytes | None
    pages: int
    chunks: int
    attempts: int
    right: CopyRight
    sealed_key: bytes


@dataclass(frozen=True)
class Complete:
    """A copy that waits for nobody any more."""

    case_id: UUID
    subject_id: UUID
    right: CopyRight
    sealed_key: bytes


@dataclass(frozen=True)
class PartSize:
    """How much a participant told; one that left on the way is not `done`."""

    service: str
    chunks: int
    rows: int
    done: bool


@dataclass(frozen=True)
class ConsentWords:
    """The words of a consent that the person gave or took back."""

    text_version: str
    language: str
    purpose: str
    words: str


@dataclass(frozen=True)
class StoredCopy:
    """A copy as its person comes for it; without a key there is nothing to open."""

    case_id: UUID
    subject_id: UUID
    right: CopyRight
    state: str
    until: datetime
    language: Literal["pl", "en"]
    address_hash: bytes | None
    sealed_address: bytes | None
    sealed_key: bytes | None


async def erasure_is_under_way(tx: Transaction, subject_id: UUID) -> bool:
    """Whether it is too late to tell what is held; until this transaction ends no order is written."""
    await tx.run(NO_ORDERS_MEANWHILE, ONE_DISPATCHER)
    return bool(await tx.value(ERASURE_UNDER_WAY, subject_id))


async def begin(tx: Transaction, case_id: UUID, subject_id: UUID, sealed_key: bytes, required: Collection[str]) -> None:
    """A part for everybody who has to tell what they hold."""
    await tx.run(BEGIN, case_id, subject_id, sealed_key, sorted(required))


async def lease(tx: Transaction) -> Part | None:
    row = await tx.row(LEASE, LEASE_S)
    return Part(**row) if row else None


async def go_on(
    tx: Transaction, part: Part, sealed: bytes | None, reached: bytes, rows: int, *, done: bool
) -> Part | None:
    """Keep a page; the part after it, None after the last and when it is not as it was when the page was asked for."""
    place, chunks = (part.case_id, part.service), int(sealed is not None)
    if not await tx.run(GO_ON, *place, part.pages, reached, rows, done, LEASE_S, part.sealed_key, chunks):
        return None
    if sealed is not None:
        await tx.run(STORE_CHUNK, *place, part.chunks, part.subject_id, sealed)
    following = replace(part, reached=reached, pages=part.pages + 1, chunks=part.chunks + chunks, attempts=0)
    return None if done else following


async def put_off(tx: Transaction, part: Part, wait_s: float) -> None:
    await tx.run(PUT_OFF, part.case_id, part.service, part.pages, wait_s)


async def part_anew(tx: Transaction, part: Part) -> None:
    """Forget what a participant has told: it works by another data map since."""
    await tx.run(PART_ANEW, part.case_id, part.service)


async def lock_complete(tx: Transaction) -> Complete | None:
    row = await tx.row(COMPLETE)
    return Complete(**row) if row else None


async def parts(tx: Transaction, case_id: UUID) -> list[PartSize]:
    return [PartSize(**row) for row in await tx.rows(PARTS, case_id)]


async def consent_words(tx: Transaction, case_id: UUID) -> list[ConsentWords]:
    return [ConsentWords(**row) for row in await tx.rows(TEXTS, case_id)]


async def release(tx: Transaction, copy: Complete, manifest: bytes, until: datetime) -> None:
    """The copy is whole, and can be fetched until then."""
    await tx.run(STORE_CHUNK, copy.case_id, MANIFEST, 0, copy.subject_id, manifest)
    await tx.run(READY, copy.case_id, until)


async def lock_lost(tx: Transaction) -> tuple[UUID, UUID] | None:
    """A copy whose key is gone, and its person."""
    row = await tx.row(LOST)
    return (row["case_id"], row["subject_id"]) if row else None


async def gather_anew(tx: Transaction, case_id: UUID, subject_id: UUID, sealed_key: bytes) -> None:
    await tx.run(ANEW, case_id, subject_id, sealed_key)


async def expire(tx: Transaction, moment: datetime) -> Sequence[UUID]:
    """Close the copies whose time is over; answers which."""
    return [row["case_id"] for row in await tx.rows(EXPIRE, moment)]


async def destroy(tx: Transaction, cases: Sequence[UUID]) -> None:
    """The key first of all: without it the rest is noise, wherever it is still stored."""
    await tx.run(DESTROY, cases)


async def stored(tx: Transaction, *, case_id: UUID | None = None, token_hash: bytes | None = None) -> StoredCopy | None:
    row = await tx.row(COPY, case_id, token_hash)
    return StoredCopy(**row) if row else None


async def chunks_digest(tx: Transaction, case_id: UUID) -> str:
    """One hash over all chunks of a copy, which changes with each byte and place of them."""
    return str(await tx.value(CHUNKS_DIGEST, case_id))


async def chunk(tx: Transaction, place: Place) -> bytes | None:
    sealed: bytes | None = await tx.value(CHUNK, place.case_id, place.service, place.number)
    return sealed
