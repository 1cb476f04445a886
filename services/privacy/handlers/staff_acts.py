"""Services tell what staff did in them."""

from services.privacy import staff_acts
from shared.contracts.identity import StaffActed
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.event(StaffActed, purpose=Purpose.UPKEEP)
async def keep_evidence(event: StaffActed, tx: Transaction, message_type: str) -> None:
    """The broker vouches for the service that a type begins with."""
    await staff_acts.add(tx, message_type.partition(".")[0], event)
