"""What an officer has put right about a buyer (GDPR Art. 16)."""

from services.licensing.invoices import buyers
from services.licensing.invoices.buyers import RightBuyer
from shared.clock import today
from shared.contracts import licensing, privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.corrections import ask
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.event(privacy.CorrectionDecided, purpose=Purpose.RIGHTS, prepare=ask)
async def correct(event: privacy.CorrectionDecided, tx: Transaction, prepared: privacy.Correction | None) -> None:
    if prepared is None:
        return
    right, person = RightBuyer.of(prepared), event.subject_id
    await buyers.name_rightly(tx, person, right)
    for invoice_id in await buyers.correct(tx, person, right, today()) if prepared.invoices else ():
        tx.publish(licensing.InvoiceIssued(subject_id=person, invoice_id=invoice_id, kind="correction"))
    tx.publish(privacy.CorrectionApplied(service="licensing", case_id=event.case_id, subject_id=person))
