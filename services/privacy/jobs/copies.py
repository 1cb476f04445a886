"""Gathering the copies that people asked for, releasing those that are whole, destroying those whose time is over."""

from services.privacy.copies import parts, store
from services.privacy.loops import DISPATCHER, TRACES
from services.privacy.register.model import Register
from shared.clock import now
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.observability import log
from shared.purposes import Purpose
from shared.secrets import Keyring
from shared.tracing import note_about


async def make_copies(database: Database, client: RequestClient, keyring: Keyring, register: Register) -> bool:
    """Ask one participant for one copy; answers whether more may be waiting."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        part = await store.lease(tx)
    if part is not None:
        note_about(part)
        await parts.gather(part, database, client, keyring, register)
    async with database.transaction(Purpose.RIGHTS) as tx:
        released = await parts.release(tx, keyring)
    return part is not None or released


async def end_copies(database: Database, keyring: Keyring) -> bool:
    """Close what has expired, whose erasure may run now, and begin anew what a crash of PostgreSQL has emptied."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        ended = await store.expire(tx, now())
        if ended:
            await store.destroy(tx, ended)
            for loop in (TRACES, DISPATCHER):
                tx.wake(loop)
        lost = await store.lock_lost(tx)
        if lost is not None:
            await parts.gather_anew(tx, *lost, keyring)
    if ended:
        log.info("copies expired", people=len(ended))
    return lost is not None
