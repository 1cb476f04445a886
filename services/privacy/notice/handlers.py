"""The notice for anybody who asks, and the note of who was shown which version."""

from services.privacy import publications
from services.privacy.notice.content import Edition
from services.privacy.notice.publishing import stored
from services.privacy.notice.rendering import render
from shared.clock import today
from shared.contracts import identity, privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ReadNotice, purpose=Purpose.UPKEEP)
async def read_notice(request: privacy.ReadNotice, tx: Transaction) -> privacy.Notice:
    """The notice in force, or one of its versions."""
    if request.version is None:
        row = await publications.in_force(tx, "notice", today())
    else:
        row = await publications.numbered(tx, "notice", request.version)
    if row is None:
        raise refuse(404, "no such notice", message="nothing is published while the register is not complete")
    edition = Edition(version=row["version"], effective_on=row["effective_on"], notice=stored(row, request.language))
    return privacy.Notice(
        version=row["version"],
        effective_on=row["effective_on"],
        published_at=row["published_at"],
        document=render(edition, request.format),
    )


SEEN = """
INSERT INTO notice_seen (subject_id, version)
SELECT $1, version FROM publication WHERE kind = 'notice' AND effective_on <= $2 ORDER BY version DESC LIMIT 1
ON CONFLICT DO NOTHING
"""


@router.event(identity.PersonRegistered, purpose=Purpose.RIGHTS)
async def note_version_seen(event: identity.PersonRegistered, tx: Transaction) -> None:
    """Who registers is shown the notice in force."""
    await tx.run(SEEN, event.subject_id, today())
