"""How a service finds out what its database lacks."""

from services.privacy.ledger import reading
from services.privacy.settings import PrivacySettings
from shared.contracts.privacy import ledger
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(ledger.ReadLedger, purpose=Purpose.RIGHTS)
async def read_ledger(request: ledger.ReadLedger, tx: Transaction, settings: PrivacySettings) -> ledger.LedgerPage:
    return await reading.page(tx, settings.ledger, request)
