"""What a service learns before its first event when it joins or was restored: what is held, who is gone,
who allows what.

Events since its queues exist wait in them; everything before is asked for, page by page, and goes on where
it stopped. From then on the service remembers how far into privacy's ledger it has come: a database that was restored
remembers an earlier place, and what was decided behind it is taken over before anything is served.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from shared.contracts import privacy
from shared.contracts.privacy import OrderedSubject, ledger
from shared.database import Database, Transaction
from shared.messaging.request_client import RequestClient
from shared.observability import log
from shared.personal_data import holds, permissions
from shared.personal_data.erasure import Eraser, erase
from shared.purposes import Purpose

PAGE = 1000

DONE = "SELECT true FROM catch_up WHERE topic = $1 AND done_at IS NOT NULL"
REACHED = "SELECT reached FROM catch_up WHERE topic = $1"
ADVANCE = """
INSERT INTO catch_up (topic, reached, done_at) VALUES ($1, $2, CASE WHEN $3 THEN now() END)
ON CONFLICT (topic) DO UPDATE SET reached = excluded.reached, done_at = excluded.done_at
"""
START_OVER = "DELETE FROM catch_up WHERE topic IN ('holds', 'tombstones', 'permissions')"
LEDGER = "ledger"
FOLLOWING_S = 60.0
"""So often a service sees that it has everything the ledger tells, and remembers its end."""
LIVING = "SELECT count(*) FROM subject WHERE subject_id = ANY ($1) AND live"
UNKNOWN_OR_LIVING = """
SELECT array_agg(id) FROM unnest($1::uuid[]) id
WHERE NOT EXISTS (SELECT FROM subject s WHERE s.subject_id = id AND NOT s.live)
"""
KNOW = "INSERT INTO subject (subject_id) SELECT DISTINCT unnest($1::uuid[]) ON CONFLICT DO NOTHING"


class StillLivingError(Exception):
    """People who are erased elsewhere can't be erased here; the log says by which constraint."""


async def catch_up(database: Database, client: RequestClient, eraser: Eraser) -> None:
    """Load the holds, tombstones and permissions that were decided without us: what is held is not erased.

    Raises Refused when privacy does not answer, StillLivingError when somebody erased can't be erased here.
    """
    await _find_the_ledger(database, client)
    while not await _done(database, "holds"):
        await _holds(database, client)
    while not await _done(database, "tombstones"):
        await _tombstones(database, client, eraser)
    while not await _done(database, "permissions"):
        await _permissions(database, client)
    while await follow(database, client, eraser):
        pass


async def _find_the_ledger(database: Database, client: RequestClient) -> None:
    """Note the ledger's end before everything is loaded: what is decided meanwhile stands behind it."""
    page = await client.request(ledger.ReadLedger(service=database.service, after=await _reached(database, LEDGER)))
    if page.start_over:
        async with database.transaction(Purpose.RIGHTS) as tx:
            await tx.run(START_OVER)
            await tx.run(ADVANCE, LEDGER, page.next, True)


async def follow(database: Database, client: RequestClient, eraser: Eraser) -> bool:
    """Take over a page of what was decided since; answers whether there is more.

    What events have brought already changes nothing. Raises StillLivingError, and Refused when privacy does not answer.
    """
    after = await _reached(database, LEDGER)
    page = await client.request(ledger.ReadLedger(service=database.service, after=after))
    if page.start_over or page.next == after:
        return False
    async with database.transaction(Purpose.ERASURE) as tx:
        named: list[UUID] = [p.subject_id for p in page.permissions]
        await tx.run(KNOW, named + [hold.subject_id for hold in page.holds])
        await holds.know(tx, page.holds)
        await _erase(tx, eraser, page.erased, page.contracts_go_on)
        await permissions.apply(tx, page.permissions)
        await tx.run(ADVANCE, LEDGER, page.next, True)
    return page.more


async def _done(database: Database, topic: str) -> bool:
    async with database.transaction(Purpose.RIGHTS) as tx:
        return bool(await tx.value(DONE, topic))


async def _reached(database: Database, topic: str) -> str:
    async with database.transaction(Purpose.RIGHTS) as tx:
        return await tx.value(REACHED, topic) or ""


async def _advance(tx: Transaction, topic: str, following: str) -> None:
    await tx.run(ADVANCE, topic, following, following == "")
    log.info("caught up", topic=topic, done=following == "")


async def _holds(database: Database, client: RequestClient) -> None:
    page = await client.request(privacy.Holds(after=await _reached(database, "holds"), limit=PAGE))
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        await tx.run(KNOW, [hold.subject_id for hold in page.holds])
        await holds.apply(tx, page.holds)
        await _advance(tx, "holds", page.next)


async def _tombstones(database: Database, client: RequestClient, eraser: Eraser) -> None:
    """Erase a page of people as their orders said; a restored database may hold them still."""
    after = await _reached(database, "tombstones")
    page = await client.request(privacy.ErasedSubjects(service=database.service, after=after, limit=PAGE))
    async with database.transaction(Purpose.ERASURE) as tx:
        await _erase(tx, eraser, page.ids, page.contracts_go_on)
        await _advance(tx, "tombstones", page.next)


async def _erase(tx: Transaction, eraser: Eraser, gone: Sequence[UUID], going_on: Sequence[UUID]) -> None:
    """Set the tombstones that are missing."""
    due = await tx.value(UNKNOWN_OR_LIVING, list(gone)) or []
    if due:
        order_id = uuid4()  # the reports of the true orders are privacy's; this one is nobody's
        go_on = set(going_on)
        people = [OrderedSubject(subject_id=s, case_id=order_id, terminate_contract=s not in go_on) for s in due]
        await erase(tx, replace(eraser, publishes=False), order_id, people)
    if await tx.value(LIVING, due):
        raise StillLivingError


async def _permissions(database: Database, client: RequestClient) -> None:
    page = await client.request(privacy.Permissions(after=await _reached(database, "permissions"), limit=PAGE))
    async with database.transaction(Purpose.RIGHTS) as tx:
        people: list[UUID] = [p.subject_id for p in page.permissions]
        await tx.run(KNOW, people)
        await permissions.apply(tx, page.permissions)
        await _advance(tx, "permissions", page.next)
