"""Whoever has the mailbox stops a case by the link in its receipt."""

from services.privacy import stopping
from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("privacy")


@router.request(privacy.ReadStop, purpose=Purpose.RIGHTS)
async def read_stop(request: privacy.ReadStop, tx: Transaction, keyring: Keyring) -> privacy.StopOffer:
    return await stopping.offer(tx, keyring, request.token)


@router.request(privacy.StopCase, purpose=Purpose.RIGHTS)
async def stop_case(request: privacy.StopCase, tx: Transaction, keyring: Keyring) -> privacy.StopOffer:
    return await stopping.stop(tx, keyring, request.token)
