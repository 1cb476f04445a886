"""Services tell what their retention runs did."""

from services.privacy import retention_evidence
from services.privacy.participants import check_speaks_for_itself
from shared.contracts.participants import RetentionRan
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.event(RetentionRan, purpose=Purpose.UPKEEP)
async def keep_evidence(event: RetentionRan, tx: Transaction, message_type: str) -> None:
    check_speaks_for_itself(event.service, message_type)
    await retention_evidence.add(tx, event)
