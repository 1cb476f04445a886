"""Opaque sessions: the token is shown once, only its SHA-256 is stored; idle and absolute limits."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.identity.accounts import dormant_store
from services.identity.settings import IdentitySettings
from shared.clock import now, today
from shared.contracts import identity
from shared.database import Transaction
from shared.problems import Refused, refuse
from shared.secrets import digest

TOKEN_BYTES = 32

BEGIN = """
INSERT INTO session (session_id, subject_id, token_hash, expires_at, device) VALUES ($1, $2, $3, $4, $5)
"""
FIND = """
SELECT s.session_id, s.subject_id, s.authenticated_at, s.last_seen_at < now() - interval '1 minute' AS unnoted, a.email
FROM session s JOIN account a USING (subject_id)
WHERE s.token_hash = $1 AND s.expires_at > now() AND s.last_seen_at > now() - make_interval(secs => $2)
"""
NOTE_USE = """
UPDATE session SET last_seen_at = now() WHERE session_id = $1 AND last_seen_at < now() - interval '1 minute'
"""
NOTE_PROOF = "UPDATE session SET authenticated_at = now(), last_seen_at = now() WHERE session_id = $1"
END = "DELETE FROM session WHERE session_id = $1"
END_OTHERS = "DELETE FROM session WHERE subject_id = $1 AND session_id IS DISTINCT FROM $2"
OPEN = """
SELECT session_id, created_at, last_seen_at, device FROM session
WHERE subject_id = $1 AND expires_at > now() AND last_seen_at > now() - make_interval(secs => $2)
ORDER BY created_at, session_id
"""


@dataclass(frozen=True)
class Session:
    """A live session and its owner; `unnoted` when its last noted use is over a minute ago."""

    session_id: UUID
    subject_id: UUID
    authenticated_at: datetime
    unnoted: bool
    email: str


async def begin(tx: Transaction, subject_id: UUID, device: str, settings: IdentitySettings) -> identity.SignedIn:
    """Open a session for a person who is locked and proved."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = now() + timedelta(seconds=settings.session_lifetime_s)
    await tx.run(BEGIN, uuid4(), subject_id, digest(token), expires_at, device)
    await dormant_store.note_use(tx, subject_id, today())
    return identity.SignedIn(token=token, expires_at=expires_at)


async def find(tx: Transaction, token: str, idle_s: float) -> Session:
    """The live session of a token. Raises Refused (401)."""
    row = await tx.row(FIND, digest(token), idle_s)
    if row is None:
        raise no_session()
    return Session(**row)


def no_session() -> Refused:
    """The one answer for unknown, ended, expired and erased."""
    return refuse(401, "the session is not valid", message="sign in again")


async def note_use(tx: Transaction, session: Session) -> None:
    """Note that a session was used, at most once a minute."""
    if session.unnoted:
        # the account before the session, as an erasure goes through them
        await dormant_store.note_use(tx, session.subject_id, today())
        await tx.run(NOTE_USE, session.session_id)


async def note_proof(tx: Transaction, session: Session) -> None:
    """Note that the owner proved to be there just now. Raises Refused (401) when the session has ended."""
    if not await tx.run(NOTE_PROOF, session.session_id):
        raise no_session()


async def end(tx: Transaction, session: Session) -> None:
    """Raises Refused (401) when it has ended already."""
    if not await tx.run(END, session.session_id):
        raise no_session()


async def end_others(tx: Transaction, subject_id: UUID, spared: UUID | None = None) -> None:
    await tx.run(END_OTHERS, subject_id, spared)


async def open_sessions(tx: Transaction, subject_id: UUID, idle_s: float) -> tuple[identity.OpenSession, ...]:
    rows = await tx.rows(OPEN, subject_id, idle_s)
    return tuple(identity.OpenSession.model_validate(dict(row)) for row in rows)
