"""What an order is judged by, gathered before its transaction."""

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
    profile, sold = await client.request(identity.TellBuyer(subject_id=request.subject_id)), 0
    if not taxation.policy.oss:
        async with database.transaction(Purpose.LEGAL_DUTY) as tx:  # what the erased bought counts too
            sold = await store.sold_abroad(tx, today())
    return Facts(profile, taxation.policy, taxation.locate(request.ip), sold)
