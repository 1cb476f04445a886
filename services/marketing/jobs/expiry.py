"""What marketing holds ends by itself: R-MKT, and 48 hours for sign-ups (GDPR Art. 5(1)(e))."""

from services.marketing import interests, reader_expiry, sign_ups
from services.marketing.campaigns import mailings
from services.marketing.data_map import DATA_MAP
from shared.clock import now, today
from shared.contracts import marketing
from shared.database import Database
from shared.observability import log
from shared.personal_data.retention_run import say_what_waits
from shared.purposes import Purpose

INTERVAL_S = 3600.0
BATCH = 1000
METHOD = "expired without interaction"
WAITS = dict.fromkeys(("subscriber", "mailing", "interest"), "keep_until < $1")


async def expire(database: Database) -> bool:
    """Delete what is over; `keep_until` is the last day of keeping. Rows of restricted people are not seen and stay.

    What is held stays, too.

    A subscription nobody touched for so long is withdrawn in the ledger too.
    """
    day = today()
    async with database.transaction(Purpose.RETENTION) as tx:
        counts = [await sign_ups.drop_expired(tx, BATCH)]
        counts += [await reader_expiry.ask(tx, day, BATCH)]
        people = await reader_expiry.drop_expired(tx, day, BATCH)
        for subject_id in people:
            tx.publish(marketing.Unsubscribed(subject_id=subject_id, method=METHOD, decided_at=now()))
        counts += [await mailings.drop_expired(tx, day, BATCH), await interests.drop_expired(tx, day, BATCH)]
        await say_what_waits(tx, WAITS, day, DATA_MAP)
    if people:
        log.info("subscriptions expired", people=len(people))
    return BATCH in (*counts, len(people))
