"""What identity tells of the letters that licensing asked for."""

from services.licensing.agreements import letter, store
from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.event(identity.ServiceMailHandedOver, purpose=Purpose.CONTRACT)
async def confirm(event: identity.ServiceMailHandedOver, tx: Transaction) -> None:
    """The mail server has taken the letter of the contract."""
    if event.template == letter.TEMPLATE:
        await store.confirm(tx, event.about, event.handed_over_at)
