"""Holds by the clock: who waits for one is told, those to be reviewed are counted."""

from services.privacy import held_erasures, metrics
from shared.clock import today
from shared.database import Database
from shared.purposes import Purpose

INTERVAL_S = 60.0


async def see_to_holds(database: Database) -> bool:
    async with database.transaction(Purpose.RIGHTS) as tx:
        await held_erasures.tell(tx)
        due = await held_erasures.review_due(tx, today())
    metrics.holds_to_review.set(due)
    return False
