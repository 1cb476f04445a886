"""Opaque sessions: the token is shown once, only its SHA-256 is kept; idle and absolute limits."""

import secrets
from datetime import timedelta
from uuid import UUID, uuid4

from services.identity import activity
from services.identity.settings import IdentitySettings
from shared.clock import now
from shared.contracts import identity
from shared.contracts.message import Done
from shared.database import Row, Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import digest

router = ServiceRouter("identity")

TOKEN_BYTES = 32

BEGIN = """
INSERT INTO session (session_id, subject_id, token_hash, expires_at, device) VALUES ($1, $2, $3, $4, $5)
"""
FIND = """
SELECT s.session_id, s.subject_id, s.authenticated_at, s.last_seen_at < now() - interval '1 minute' AS stale, a.email
FROM session s JOIN account a USING (subject_id)
WHERE s.token_hash = $1 AND s.expires_at > now() AND s.last_seen_at > now() - make_interval(secs => $2)
"""
SEEN = "UPDATE session SET last_seen_at = now() WHERE session_id = $1 AND last_seen_at < now() - interval '1 minute'"
END = "DELETE FROM session WHERE token_hash = $1"
END_OTHERS = "DELETE FROM session WHERE subject_id = $1 AND session_id IS DISTINCT FROM $2"
OPEN = """
SELECT session_id, created_at, last_seen_at, device FROM session
WHERE subject_id = $1 AND expires_at > now() AND last_seen_at > now() - make_interval(secs => $2)
ORDER BY created_at, session_id
"""


async def begin(tx: Transaction, subject_id: UUID, device: str, settings: IdentitySettings) -> identity.SignedIn:
    """Open a session for a person who is locked and proved."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = now() + timedelta(seconds=settings.session_lifetime_s)
    await tx.run(BEGIN, uuid4(), subject_id, digest(token), expires_at, device)
    return identity.SignedIn(token=token, expires_at=expires_at)


async def find(tx: Transaction, token: str, settings: IdentitySettings) -> Row:
    """The live session of a token. Raises Refused (401)."""
    row = await tx.row(FIND, digest(token), settings.session_idle_s)
    if row is None:
        raise no_session()
    return row


def no_session() -> Refused:
    """The one answer for unknown, ended, expired and erased."""
    return refuse(401, "the session is not valid", message="sign in again")


async def end_others(tx: Transaction, subject_id: UUID, spared: UUID | None = None) -> None:
    """End a person's sessions, all but one."""
    await tx.run(END_OTHERS, subject_id, spared)


@router.request(identity.Authenticate, purpose=Purpose.SECURITY)
async def authenticate(
    request: identity.Authenticate, tx: Transaction, settings: IdentitySettings
) -> identity.Principal:
    """Tell whose session this is; notes at most once a minute that it was used."""
    row = await find(tx, request.token, settings)
    if row["stale"]:
        await tx.run(SEEN, row["session_id"])
    return identity.Principal(subject_id=row["subject_id"], authenticated_at=row["authenticated_at"])


@router.request(identity.SignOut, purpose=Purpose.SECURITY)
async def sign_out(request: identity.SignOut, tx: Transaction, settings: IdentitySettings) -> Done:
    """End a session; its token is worth nothing afterwards."""
    owner = (await find(tx, request.token, settings))["subject_id"]
    if await lock_subject(tx, owner) is not Standing.LIVE or not await tx.run(END, digest(request.token)):
        raise no_session()
    await activity.note(tx, owner, "signed out")
    return Done()


@router.request(identity.ReadSessions, purpose=Purpose.RIGHTS)
async def read_sessions(
    request: identity.ReadSessions, tx: Transaction, settings: IdentitySettings
) -> identity.Sessions:
    """A member's open sessions."""
    rows = await tx.rows(OPEN, request.subject_id, settings.session_idle_s)
    return identity.Sessions(sessions=tuple(identity.OpenSession.model_validate(dict(row)) for row in rows))
