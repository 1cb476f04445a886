"""The notice for anybody who asks, and the note of who was shown which version."""

from services.privacy.documents import versions
from services.privacy.documents.notice.edition import published_notice
from services.privacy.documents.notice.model import Edition
from services.privacy.documents.notice.pages import render
from services.privacy.notices.tellings import hold_back_of, new_rulings
from services.privacy.notices_seen import note_seen
from services.privacy.register.model import Register
from shared.clock import today
from shared.contracts import identity, licensing, privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ReadNotice, purpose=Purpose.UPKEEP)
async def read_notice(request: privacy.ReadNotice, tx: Transaction) -> privacy.Notice:
    if request.version is None:
        version = await versions.in_force(tx, "notice", today())
    else:
        version = await versions.numbered(tx, "notice", request.version)
    if version is None:
        raise refuse(404, "no such notice", message="nothing is published while the register is not complete")
    notice = published_notice(version, request.language)
    edition = Edition(version=version.version, effective_on=version.effective_on, notice=notice)
    return privacy.Notice(
        version=version.version,
        effective_on=version.effective_on,
        published_at=version.published_at,
        document=render(edition, request.format),
    )


@router.event(identity.PersonRegistered, purpose=Purpose.RIGHTS)
async def note_version_seen(event: identity.PersonRegistered, tx: Transaction, register: Register) -> None:
    """Who registers is shown the notice in force, and is told later of what it does not name yet."""
    await note_seen(tx, event.subject_id, today(), "sign-up")
    await hold_back_of(tx, [event.subject_id], await new_rulings(tx, register, today()))


@router.event(licensing.OrderPlaced, purpose=Purpose.RIGHTS)
async def note_version_of_order(event: licensing.OrderPlaced, tx: Transaction) -> None:
    await note_seen(tx, event.subject_id, today(), "order")
