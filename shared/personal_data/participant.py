"""What makes any service a participant: announce, purge, report, be reminded, obey permissions, catch up."""

from uuid import UUID

from shared.contracts import privacy
from shared.contracts.privacy import MappedColumn, MappedTable
from shared.database import Database, Transaction
from shared.messaging.requests import RequestClient
from shared.messaging.router import ServiceRouter
from shared.observability import log
from shared.personal_data import permissions
from shared.personal_data.data_map import DataMap, Table
from shared.personal_data.erasure import Eraser, erase
from shared.personal_data.purposes import Purpose
from shared.personal_data.vacuum import VACUUM

PAGE = 1000


def participant(eraser: Eraser) -> ServiceRouter:
    """The reactions that every participant has for free."""
    service = eraser.data_map.service
    router = ServiceRouter(service)

    @router.event(privacy.ErasureOrdered, purpose=Purpose.ERASURE)
    async def erase_people(event: privacy.ErasureOrdered, tx: Transaction) -> None:
        """Erase the people of an order, or answer a repeated order with the stored report."""
        if service in {p.service for p in event.participants}:
            await erase(tx, eraser, event.order_id, event.subjects)

    @router.event(privacy.ErasureReminded, purpose=Purpose.ERASURE)
    async def erase_when_reminded(event: privacy.ErasureReminded, tx: Transaction) -> None:
        """The order once more, for the one that stayed silent."""
        if event.service == service:
            await erase(tx, eraser, event.order.order_id, event.order.subjects)

    @router.event(privacy.PermissionChanged, purpose=Purpose.RIGHTS)
    async def obey(event: privacy.PermissionChanged, tx: Transaction) -> None:
        """Take over a permission or a block."""
        await permissions.apply(tx, [event])

    @router.event(privacy.ErasureFulfilled, purpose=Purpose.ERASURE)
    async def clean_up(_event: privacy.ErasureFulfilled, tx: Transaction) -> None:
        """The dead rows make room."""
        tx.wake(VACUUM)

    return router


async def announce(database: Database, data_map: DataMap) -> None:
    """Tell privacy what this service holds; from the next order on it is asked to erase it."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        tx.publish(
            privacy.DataMapAnnounced(
                service=data_map.service,
                version=data_map.version,
                tables=announced(data_map),
            )
        )


def announced(data_map: DataMap) -> tuple[MappedTable, ...]:
    """A data map as it is told to others."""
    return tuple(_mapped(table) for table in data_map.everything)


def _mapped(table: Table) -> MappedTable:
    return MappedTable(
        name=table.name,
        category=table.category,
        purposes=table.purposes,
        retention=table.retention,
        kept=table.kept,
        columns=tuple(
            MappedColumn(name=c.name, category=c.category, source=c.source, blank=c.blank, role=c.role)
            for c in table.columns
        ),
    )


DONE = "SELECT true FROM catch_up WHERE topic = $1 AND done_at IS NOT NULL"
REACHED = "SELECT reached FROM catch_up WHERE topic = $1"
ADVANCE = """
INSERT INTO catch_up (topic, reached, done_at) VALUES ($1, $2, CASE WHEN $3 THEN now() END)
ON CONFLICT (topic) DO UPDATE SET reached = excluded.reached, done_at = excluded.done_at
"""
TOMBSTONES = """
INSERT INTO subject (subject_id, live) SELECT unnest($1::uuid[]), false
ON CONFLICT (subject_id) DO UPDATE SET live = false WHERE subject.live
"""
KNOW = "INSERT INTO subject (subject_id) SELECT DISTINCT unnest($1::uuid[]) ON CONFLICT DO NOTHING"


async def catch_up(database: Database, ask: RequestClient) -> None:
    """Before the first event: load the tombstones and permissions that were decided without us.

    Goes on where it stopped. Raises Refused when privacy does not answer.
    """
    while not await _page(database, "tombstones", ask):
        pass
    while not await _page(database, "permissions", ask):
        pass


async def _page(database: Database, topic: str, ask: RequestClient) -> bool:
    async with database.transaction(Purpose.RIGHTS) as tx:
        if await tx.value(DONE, topic):
            return True
        after = await tx.value(REACHED, topic) or ""
    following = await (_tombstones if topic == "tombstones" else _permissions)(database, ask, after)
    async with database.transaction(Purpose.RIGHTS) as tx:
        await tx.run(ADVANCE, topic, following, following == "")
    log.info("caught up", topic=topic, done=following == "")
    return following == ""


async def _tombstones(database: Database, ask: RequestClient, after: str) -> str:
    page = await ask.ask(privacy.ErasedSubjects(after=after, limit=PAGE))
    async with database.transaction(Purpose.RIGHTS) as tx:
        await tx.run(TOMBSTONES, list(page.ids))
    return str(page.next)


async def _permissions(database: Database, ask: RequestClient, after: str) -> str:
    page = await ask.ask(privacy.Permissions(after=after, limit=PAGE))
    async with database.transaction(Purpose.RIGHTS) as tx:
        people: list[UUID] = [p.subject_id for p in page.permissions]
        await tx.run(KNOW, people)
        await permissions.apply(tx, page.permissions)
    return str(page.next)
