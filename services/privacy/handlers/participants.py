"""Services announce what they hold, and leave by an act of the operators."""

from services.privacy import departures
from services.privacy.loops import DISPATCHER, PUBLISHING
from services.privacy.participants import check_speaks_for_itself, join
from services.privacy.settings import PrivacySettings
from shared.contracts import privacy
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


@router.request(privacy.ListParticipants, purpose=Purpose.ERASURE)
async def list_participants(
    _request: privacy.ListParticipants, tx: Transaction, settings: PrivacySettings
) -> privacy.ParticipantStates:
    return privacy.ParticipantStates(participants=await departures.states(tx, settings.required))


@router.request(privacy.LeaveParticipant, purpose=Purpose.ERASURE)
async def leave_participant(
    request: privacy.LeaveParticipant, tx: Transaction, settings: PrivacySettings
) -> privacy.Departure:
    return privacy.Departure(orders=await departures.leave(tx, request.service, request.reason, settings.required))
