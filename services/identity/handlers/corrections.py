"""What an officer has put right about a person (GDPR Art. 16)."""

from services.identity import profiles
from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.corrections import ask
from shared.purposes import Purpose

router = ServiceRouter("identity")


@router.event(privacy.CorrectionDecided, purpose=Purpose.RIGHTS, prepare=ask)
async def correct(event: privacy.CorrectionDecided, tx: Transaction, prepared: privacy.Correction | None) -> None:
    if prepared is not None:
        await profiles.put_right(tx, event.subject_id, prepared)
        tx.publish(privacy.CorrectionApplied(service="identity", case_id=event.case_id, subject_id=event.subject_id))
