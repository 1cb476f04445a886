"""Other services have identity write to a person; they need not know the address."""

from services.identity.service_mail import store as service_mail
from services.identity.service_mail.templates import FOR_SERVICES
from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.faults import Rejected
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("identity")


@router.event(identity.ServiceMailDue, purpose=Purpose.UPKEEP)
async def write(event: identity.ServiceMailDue, tx: Transaction) -> None:
    """Store the mail until it is sent; a person without an account gets it when there is one."""
    if event.template not in FOR_SERVICES:
        raise Rejected("unknown template")
    await service_mail.store(tx, event.subject_id, event.template, event.facts)
