"""Participants report by which versions of permissions they act."""

from collections.abc import Set

from services.privacy.blocks import rulings
from services.privacy.participants import check_speaks_for_itself
from shared.contracts.participants import PermissionApplied
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.event(PermissionApplied, purpose=Purpose.RIGHTS, batch=True)
async def note_applied(
    events: list[PermissionApplied], tx: Transaction, senders: list[str], required: Set[str]
) -> None:
    """Many at a time: each service reports each ruling."""
    for event, sender in zip(events, senders, strict=True):
        check_speaks_for_itself(event.service, sender)
    await rulings.confirm(tx, events, required)
