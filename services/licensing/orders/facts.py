"""What an order is judged by, gathered before its transaction; a quote is judged alike."""

from services.licensing.orders import store
from services.licensing.orders.rules import Facts
from services.licensing.vat.countries import Taxation
from shared.clock import today
from shared.contracts import identity, licensing
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose


async def gather(request: licensing.PlaceOrder, client: RequestClient, database: Database, taxation: Taxation) -> Facts:
    """Raises Refused as identity does for an unknown buyer."""
    profile = await client.request(identity.TellBuyer(subject_id=request.subject_id))
    sold = await sold_abroad(request, database, taxation)
    return Facts(profile, taxation.policy, taxation.locate(request.ip), sold)


async def sold_abroad(
    _request: licensing.PlaceOrder | licensing.QuoteOrder, database: Database, taxation: Taxation
) -> int:
    """What was sold abroad under our own tax, in grosze; nobody asks where OSS declares it."""
    if taxation.policy.oss:
        return 0
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:  # what the erased bought counts too
        return await store.sold_abroad(tx, today())
