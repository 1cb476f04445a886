"""Services announce what they hold."""

from services.privacy.loops import DISPATCHER, PUBLISHING
from services.privacy.participants import check_speaks_for_itself, join
from shared.contracts.participants import DataMapAnnounced
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.event(DataMapAnnounced, purpose=Purpose.UPKEEP)
async def note_data_map(event: DataMapAnnounced, tx: Transaction, message_type: str) -> None:
    """Count a service in from the next order on."""
    check_speaks_for_itself(event.service, message_type)
    await join(tx, event)
    tx.wake(DISPATCHER)
    tx.wake(PUBLISHING)
