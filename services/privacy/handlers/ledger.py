"""How a service finds out what its database lacks."""

from services.privacy.ledger import reading
from services.privacy.settings import PrivacySettings
from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ReadLedger, purpose=Purpose.RIGHTS)
async def read_ledger(request: privacy.ReadLedger, tx: Transaction, settings: PrivacySettings) -> privacy.LedgerPage:
    return await reading.page(tx, settings.ledger, request)
