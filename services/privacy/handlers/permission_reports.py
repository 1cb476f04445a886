"""Participants report by which versions of permissions they act."""

from collections.abc import Set

from services.privacy.blocks import rulings
from services.privacy.participants import check_speaks_for_itself
from shared.contracts.participants import PermissionApplied
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.event(PermissionApplied, purpose=Purpose.RIGHTS)
async def note_applied(event: PermissionApplied, tx: Transaction, message_type: str, required: Set[str]) -> None:
    check_speaks_for_itself(event.service, message_type)
    await rulings.confirm(tx, event, required)
