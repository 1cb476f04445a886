"""Identity found that two ids are one person."""

from collections.abc import Set

from services.privacy import legal_holds, subject_links
from services.privacy.blocks import rulings
from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.event(identity.SubjectsLinked, purpose=Purpose.RIGHTS)
async def link(event: identity.SubjectsLinked, tx: Transaction, required: Set[str]) -> None:
    await subject_links.link(tx, event.subject_id, event.other_id, event.person)
    await rulings.cover(tx, event.subject_id, required)
    await legal_holds.cover(tx, event.subject_id)
