"""What participants ask about an order."""

from services.privacy.erasure_orders import store
from services.privacy.sealed_addresses import AddressSeal
from shared.contracts import privacy
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ReadOrderAddresses, purpose=Purpose.ERASURE)
async def read_order_addresses(
    request: privacy.ReadOrderAddresses, tx: Transaction, seal: AddressSeal
) -> privacy.OrderAddresses:
    """By them a participant finds what is keyed to nobody yet, such as a sign-up that waits for its confirmation."""
    sealed = await store.sealed_addresses(tx, request.order_id)
    return privacy.OrderAddresses(emails=tuple(seal.open_all(sealed)))
