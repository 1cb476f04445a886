"""What comes before the end: readers are asked whether they want to stay; and 48 hours of sign-ups (GDPR Art. 5(1)(e)).

The rest ends by the retention run (services/marketing/retention.py).
"""

from services.marketing import reader_expiry, sign_ups
from shared.clock import today
from shared.database import Database
from shared.purposes import Purpose

INTERVAL_S = 3600.0
BATCH = 1000


async def expire(database: Database) -> bool:
    """Ask whose subscription ends soon; rows of restricted people are not seen and stay."""
    async with database.transaction(Purpose.RETENTION) as tx:
        counts = [await sign_ups.drop_expired(tx, BATCH), await reader_expiry.ask(tx, today(), BATCH)]
    return BATCH in counts
