"""The activity log: what happened to an account, from where, for 90 days."""

from uuid import UUID

from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("identity")

NOTE = "INSERT INTO activity (subject_id, what, ip) VALUES ($1, $2, $3)"
LATEST = "SELECT at, what, ip FROM activity WHERE subject_id = $1 ORDER BY at DESC, activity_id DESC LIMIT $2"


async def note(tx: Transaction, subject_id: UUID, what: str, ip: str = "") -> None:
    """Add an entry; `what` is a fixed phrase."""
    await tx.run(NOTE, subject_id, what, ip)


@router.request(identity.ReadActivity, purpose=Purpose.RIGHTS)
async def read_activity(request: identity.ReadActivity, tx: Transaction) -> identity.Activities:
    """A member's own log, newest first."""
    rows = await tx.rows(LATEST, request.subject_id, request.limit)
    return identity.Activities(activities=tuple(identity.Activity.model_validate(dict(row)) for row in rows))
