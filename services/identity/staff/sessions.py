"""Sessions of the staff: 30 minutes without use, 8 hours at most."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from services.identity.sessions import TOKEN_BYTES, no_session
from services.identity.staff.rules import SESSION_LIFETIME
from shared.assertions import Signer
from shared.clock import now
from shared.contracts import identity
from shared.contracts.actors import Actor, Role
from shared.database import Transaction
from shared.secrets import digest

BEGIN = """
INSERT INTO staff_session (session_id, staff_id, token_hash)
SELECT $1, staff_id, $3 FROM staff WHERE staff_id = $2 AND enrolled_at IS NOT NULL FOR KEY SHARE
RETURNING true
"""
LIVING = "created_at > now() - interval '8 hours' AND last_seen_at > now() - interval '30 minutes'"
FIND = f"""
SELECT s.session_id, s.staff_id, s.created_at, a.roles, s.last_seen_at < now() - interval '1 minute' AS unnoted
FROM staff_session s JOIN staff a USING (staff_id) WHERE s.token_hash = $1 AND {LIVING}
"""  # noqa: S608 constants
NOTE_USE = "UPDATE staff_session SET last_seen_at = now() WHERE session_id = $1"
END = "DELETE FROM staff_session WHERE token_hash = $1 RETURNING staff_id"
END_ALL = "DELETE FROM staff_session WHERE staff_id = $1"
END_OLD = f"DELETE FROM staff_session WHERE NOT ({LIVING})"  # noqa: S608 constants


@dataclass(frozen=True)
class StaffSession:
    """A living session; `unnoted` when its last noted use is over a minute ago."""

    session_id: UUID
    staff_id: UUID
    created_at: datetime
    roles: tuple[Role, ...]
    unnoted: bool


async def begin(tx: Transaction, staff_id: UUID) -> identity.StaffSignedIn:
    """Open a session for one who has just proved to be staff. Raises Refused (401) when that has ended meanwhile."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    if not await tx.value(BEGIN, uuid4(), staff_id, digest(token)):
        raise no_session()
    return identity.StaffSignedIn(token=token, expires_at=now() + SESSION_LIFETIME)


async def authenticate(tx: Transaction, token: str, signer: Signer) -> identity.Principal:
    """Whose session it is, with identity's word for other services. Raises Refused (401)."""
    session = await _find(tx, token)
    if session.unnoted:
        await tx.run(NOTE_USE, session.session_id)
    actor = Actor(session.staff_id, "staff", session.created_at, session.roles, second_factor=True)
    return identity.Principal(
        subject_id=session.staff_id, authenticated_at=session.created_at, assertion=signer.sign(actor)
    )


async def _find(tx: Transaction, token: str) -> StaffSession:
    row = await tx.row(FIND, digest(token))
    if row is None:
        raise no_session()
    return StaffSession(**(dict(row) | {"roles": tuple(row["roles"])}))


async def end(tx: Transaction, token: str) -> UUID:
    """Whose session has ended. Raises Refused (401) when there is none."""
    staff_id: UUID | None = await tx.value(END, digest(token))
    if staff_id is None:
        raise no_session()
    return staff_id


async def end_all(tx: Transaction, staff_id: UUID) -> None:
    await tx.run(END_ALL, staff_id)
