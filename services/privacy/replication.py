"""What a service that joins or was restored asks before its first event."""

from uuid import UUID

from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.purposes import Purpose

router = ServiceRouter("privacy")

ERASED = """
SELECT subject_id FROM subject WHERE NOT live AND subject_id > $1 ORDER BY subject_id LIMIT $2
"""
DECIDED = """
SELECT subject_id, purpose, allowed, version FROM permission
WHERE (subject_id, purpose) > ($1, $2) ORDER BY subject_id, purpose LIMIT $3
"""
FIRST = UUID(int=0)


@router.request(privacy.ErasedSubjects, purpose=Purpose.RIGHTS)
async def erased_subjects(request: privacy.ErasedSubjects, tx: Transaction) -> privacy.Page:
    """A page of the tombstones."""
    after = UUID(request.after) if request.after else FIRST
    ids = tuple(row["subject_id"] for row in await tx.rows(ERASED, after, request.limit))
    return privacy.Page(ids=ids, next=str(ids[-1]) if len(ids) == request.limit else "")


@router.request(privacy.Permissions, purpose=Purpose.RIGHTS)
async def known_permissions(request: privacy.Permissions, tx: Transaction) -> privacy.PermissionPage:
    """A page of the permissions of living people."""
    person, _, purpose = request.after.partition(" ")
    rows = await tx.rows(DECIDED, UUID(person) if person else FIRST, purpose, request.limit)
    found = tuple(privacy.KnownPermission.model_validate(dict(row)) for row in rows)
    last = found[-1] if len(found) == request.limit else None
    return privacy.PermissionPage(permissions=found, next=f"{last.subject_id} {last.purpose}" if last else "")
