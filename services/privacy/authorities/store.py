"""The rows of authorities' requests, of every step about one, and of who is told."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.privacy.authorities.rules import StoredRequest
from services.privacy.loops import AUTHORITIES
from shared.contracts.privacy.authorities import (
    AuthorityKind,
    DecideAuthorityRequest,
    ProlongSilence,
    RecordAuthorityRequest,
)
from shared.database import Row, Transaction
from shared.mail.delivery import LEASE_S
from shared.problems import refuse

KNOWN = "SELECT subject_id FROM subject WHERE subject_id = ANY ($1)"
INSERT = """
INSERT INTO authority_request (received_at, kind, authority, reference, basis, scope, categories, people)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING request_id
"""
STORED = """
SELECT request_id, received_at, kind, authority, reference, basis, scope, categories, people, decision, decided_at,
  ground, handed, silence_by, silence_until, told_from,
  (SELECT count(*) FROM authority_telling t WHERE t.request_id = r.request_id AND told_at IS NULL)::integer
    AS people_to_tell
FROM authority_request r
"""
LOCK = f"{STORED} WHERE request_id = $1 FOR UPDATE"
LISTED = f"{STORED} ORDER BY decision IS NOT NULL, received_at DESC, request_id LIMIT $1"
DECIDE = """
UPDATE authority_request SET decision = $2, decided_at = clock_timestamp(), ground = $3, handed = $4, silence_by = $5,
  silence_until = $6
WHERE request_id = $1
"""
PROLONG = "UPDATE authority_request SET silence_by = $2, silence_until = $3 WHERE request_id = $1"
NOTE = "INSERT INTO authority_event (request_id, by, step, said) VALUES ($1, $2, $3, $4)"
# The last day of a silence belongs to it.
END_SILENCE = """
WITH ended AS MATERIALIZED (
  SELECT request_id FROM authority_request
  WHERE handed <> '{}' AND told_from IS NULL AND (silence_until IS NULL OR silence_until < $1)
  ORDER BY decided_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE authority_request r SET told_from = clock_timestamp() FROM ended WHERE r.request_id = ended.request_id
RETURNING r.request_id, r.kind, r.authority, r.reference, r.handed, r.people, r.decided_at
"""
# Who was erased meanwhile can't be written to; the log of disclosures has it all the same.
TELL = """
INSERT INTO authority_telling (request_id, subject_id)
SELECT r.request_id, s.subject_id FROM authority_request r JOIN subject s ON s.subject_id = ANY (r.people)
WHERE r.request_id = ANY ($1) AND live ON CONFLICT DO NOTHING
"""
LEASE = """
WITH due AS MATERIALIZED (
  SELECT telling_id FROM authority_telling WHERE told_at IS NULL AND due_at <= now()
  ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE authority_telling t SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
FROM due, authority_request r WHERE t.telling_id = due.telling_id AND r.request_id = t.request_id
RETURNING t.telling_id, t.subject_id, t.attempts, r.authority, r.reference, r.basis, r.handed, r.decided_at,
  r.silence_by, r.silence_until
"""
TOLD = "UPDATE authority_telling SET told_at = clock_timestamp() WHERE telling_id = $1"
POSTPONE = "UPDATE authority_telling SET due_at = now() + make_interval(secs => $2) WHERE telling_id = $1"


@dataclass(frozen=True)
class HandedOver:
    """What an authority was given, of which nobody has to be silent any more."""

    request_id: UUID
    kind: AuthorityKind
    authority: str
    reference: str
    handed: Sequence[str]
    people: Sequence[UUID]
    decided_at: datetime


@dataclass(frozen=True)
class DueTelling:
    """One person who is to be told of one request."""

    telling_id: UUID
    subject_id: UUID
    attempts: int
    authority: str
    reference: str
    basis: str
    handed: Sequence[str]
    decided_at: datetime
    silence_by: str | None
    silence_until: date | None


async def known(tx: Transaction, people: Collection[UUID]) -> set[UUID]:
    """Those of these ids that are or were somebody's."""
    return {row["subject_id"] for row in await tx.rows(KNOWN, list(people))}


async def record(tx: Transaction, request: RecordAuthorityRequest, officer: UUID) -> UUID:
    """Enter a request; its id."""
    who = (request.kind, request.authority, request.reference, request.basis)
    what = (request.scope, list(request.categories), list(request.people))
    request_id: UUID = await tx.value(INSERT, request.received_at, *who, *what)
    await _note(tx, request_id, officer, "recorded", {"basis": request.basis, "categories": request.categories})
    return request_id


async def lock(tx: Transaction, request_id: UUID) -> StoredRequest:
    """Raises Refused (404)."""
    row = await tx.row(LOCK, request_id)
    if row is None:
        raise refuse(404, "there is no such request")
    return _stored(row)


async def listed(tx: Transaction, limit: int) -> list[StoredRequest]:
    return [_stored(row) for row in await tx.rows(LISTED, limit)]


async def decide(tx: Transaction, request: DecideAuthorityRequest, officer: UUID) -> None:
    """Note the decision; the job tells of it when nothing forbids that."""
    silence = (request.silence_by, request.silence_until)
    await tx.run(DECIDE, request.request_id, request.decision, request.ground, list(request.handed), *silence)
    await _note(tx, request.request_id, officer, "decided", request.model_dump(mode="json", exclude={"request_id"}))
    tx.wake(AUTHORITIES)


async def prolong(tx: Transaction, request: ProlongSilence, officer: UUID) -> None:
    """Note the new last day; the step says by which provision, and stays when a later one takes its place."""
    await tx.run(PROLONG, request.request_id, request.silence_by, request.silence_until)
    said = request.model_dump(mode="json", exclude={"request_id"})
    await _note(tx, request.request_id, officer, "silence prolonged", said)


async def end_silence(tx: Transaction, day: date, limit: int) -> list[HandedOver]:
    """What may be told by now: noted as such, and everybody who lives here is due to be told."""
    ended = [HandedOver(**row) for row in await tx.rows(END_SILENCE, day, limit)]
    if ended:
        await tx.run(TELL, [each.request_id for each in ended])
    return ended


async def lease(tx: Transaction, limit: int) -> list[DueTelling]:
    """Take who is due; for LEASE_S they are nobody else's."""
    return [DueTelling(**row) for row in await tx.rows(LEASE, limit, LEASE_S)]


async def told(tx: Transaction, telling_id: UUID) -> None:
    await tx.run(TOLD, telling_id)


async def postpone(tx: Transaction, telling_id: UUID, wait_s: float) -> None:
    await tx.run(POSTPONE, telling_id, wait_s)


async def _note(tx: Transaction, request_id: UUID, officer: UUID, step: str, said: Mapping[str, Any]) -> None:
    await tx.run(NOTE, request_id, officer, step, json.dumps(said, ensure_ascii=False))


def _stored(row: Row) -> StoredRequest:
    values = dict(row)
    return StoredRequest(**values | {name: tuple(values[name]) for name in ("categories", "people", "handed")})
