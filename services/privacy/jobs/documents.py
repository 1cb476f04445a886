"""Publishing notice and record when they changed, once the register has no gap."""

from collections.abc import Set

from services.privacy import participants
from services.privacy.documents.notice import edition as notice
from services.privacy.documents.record import edition as record
from services.privacy.register.gaps import gaps
from services.privacy.register.model import Register
from shared.clock import today
from shared.database import Database, Transaction
from shared.observability import log
from shared.purposes import Purpose

INTERVAL_S = 3600.0


async def publish_documents(database: Database, register: Register, required: Set[str]) -> bool:
    """Publish notice and record, both or none, once everybody required has announced and nothing is missing."""
    try:
        async with database.transaction(Purpose.UPKEEP) as tx:
            published = await _publish(tx, register, required)
    except (notice.Incomplete, record.Incomplete) as refused:
        log.error("nothing is published", reason=str(refused))
        return False
    if any(published.values()):
        log.info("published", **published)
    return False


async def _publish(tx: Transaction, register: Register, required: Set[str]) -> dict[str, int | None]:
    """The numbers of what was published. Raises Incomplete."""
    announced = await participants.announced(tx)
    maps = participants.maps(announced)
    if not required <= maps.keys():
        return {}
    if missing := gaps(register, maps, participants.recipients(announced)):
        log.error("the register has gaps, nothing is published", gaps=len(missing), reason=missing[0])
        return {}
    return {
        "notice": await notice.publish(tx, register, maps, today()),
        "record": await record.publish(tx, register, maps, today()),
    }
