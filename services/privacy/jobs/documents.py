"""Drafting the notice and keeping the record when they changed, once the register has no gap."""

from collections.abc import Set

from services.privacy import participants
from services.privacy.documents.notice.edition import Incomplete
from services.privacy.documents.record import edition as record
from services.privacy.loops import NEW_PURPOSES
from services.privacy.notices.drafting import draft
from services.privacy.register.gaps import gaps
from services.privacy.register.model import Register
from shared.clock import today
from shared.database import Database, Transaction
from shared.observability import log
from shared.purposes import Purpose

INTERVAL_S = 3600.0


async def publish_documents(database: Database, register: Register, required: Set[str]) -> bool:
    """Draft the notice and keep the record, both or none, once everybody required has announced and nothing is missing.

    A notice is published by an officer alone.
    """
    try:
        async with database.transaction(Purpose.UPKEEP) as tx:
            await _document(tx, register, required)
    except (Incomplete, record.Incomplete) as refused:
        log.error("nothing is published", reason=str(refused))
    return False


async def _document(tx: Transaction, register: Register, required: Set[str]) -> None:
    """Raises Incomplete."""
    announced = await participants.announced(tx)
    maps = participants.maps(announced)
    if not required <= maps.keys():
        return
    if missing := gaps(register, maps, participants.recipients(announced)):
        log.error("the register has gaps, nothing is published", gaps=len(missing), reason=missing[0])
        return
    if await draft(tx, register, maps, today()):
        tx.wake(NEW_PURPOSES)
    if version := await record.publish(tx, register, maps, today()):
        log.info("published", record=version)
