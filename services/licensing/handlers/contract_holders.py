"""Identity asks who has a contract before it calls an account dormant."""

from services.licensing.licenses import store
from shared.contracts import licensing
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.TellContractHolders, purpose=Purpose.UPKEEP)
async def tell_contract_holders(request: licensing.TellContractHolders, tx: Transaction) -> licensing.ContractHolders:
    return licensing.ContractHolders(subjects=tuple(await store.holders(tx, request.subjects)))
