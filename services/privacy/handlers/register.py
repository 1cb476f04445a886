"""Holding the register against everybody who takes part."""

from services.privacy import participants
from services.privacy.register.gaps import gaps
from services.privacy.register.model import Register
from shared.contracts import privacy
from shared.contracts.privacy import recipients
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.CheckRegister, purpose=Purpose.UPKEEP)
async def check_register(_request: privacy.CheckRegister, tx: Transaction, register: Register) -> privacy.RegisterHoles:
    """In what the register differs from what the services announced."""
    announced = await participants.announced(tx)
    holes = gaps(register, participants.maps(announced), participants.recipients(announced))
    return privacy.RegisterHoles(services=tuple(p.service for p in announced), holes=tuple(holes))


@router.request(recipients.CheckRecipients, purpose=Purpose.UPKEEP)
async def check_recipients(request: recipients.CheckRecipients, register: Register) -> recipients.UnknownRecipients:
    """Whom a service that starts would give data to without their standing in the register."""
    return recipients.UnknownRecipients(names=register.unknown_recipients(request.names))
