"""What makes any service a participant: announce, purge, report, be reminded, obey permissions and holds."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import wraps
from typing import Any

from shared.contracts import participants, privacy
from shared.contracts.participants import UnkeyedTable
from shared.contracts.trace_search import IdentifyingValues, ReadIdentifyingValues, SearchTraces, TracesPage
from shared.database import Database, Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data import copies, holders, holds, objections, permissions, trace_search
from shared.personal_data.announced_map import announced
from shared.personal_data.data_map import DataMap
from shared.personal_data.erasure import Ask, Eraser, Step, erase
from shared.personal_data.fields import map_categories
from shared.personal_data.identifying import identifying_values
from shared.personal_data.maps_at_work import in_force_since
from shared.personal_data.retention_run import RETENTION
from shared.personal_data.trace_places import elsewhere
from shared.personal_data.vacuum import VACUUM
from shared.purposes import Purpose
from shared.settings import Settings


def participant(eraser: Eraser) -> ServiceRouter:
    """The handlers that every participant has."""
    service = eraser.data_map.service
    unasked = replace(eraser, publishes=False)
    router = ServiceRouter(service)

    @router.event(privacy.ErasureOrdered, purpose=Purpose.ERASURE, prepare=eraser.ask)
    async def erase_people(event: privacy.ErasureOrdered, tx: Transaction, prepared: Step | None) -> None:
        """Erase the people of an order, or answer a repeated order with the stored report.

        Whoever was not asked (it joined a moment too late, or left) erases all the same, and has nobody to tell.
        """
        asked = service in {p.service for p in event.participants}
        await erase(tx, eraser if asked else unasked, event.order_id, event.subjects, prepared, event.holds)

    ask_again = _when_reminded(service, eraser.ask) if eraser.ask else None

    @router.event(privacy.ErasureReminded, purpose=Purpose.ERASURE, prepare=ask_again)
    async def erase_when_reminded(event: privacy.ErasureReminded, tx: Transaction, prepared: Step | None) -> None:
        """The order once more, for the one that stayed silent."""
        if event.service == service:
            await erase(tx, eraser, event.order.order_id, event.order.subjects, prepared, event.order.holds)

    @router.event(privacy.PermissionChanged, purpose=Purpose.RIGHTS, batch=True)
    async def apply_permissions(events: list[privacy.PermissionChanged], tx: Transaction) -> None:
        await permissions.apply(tx, events)
        await objections.purge_absolute(tx, eraser.data_map, events)
        if report := permissions.applied(service, events):
            tx.publish(report)

    @router.event(privacy.ObjectionUpheld, purpose=Purpose.ERASURE)
    async def purge_what_served_it(event: privacy.ObjectionUpheld, tx: Transaction) -> None:
        await objections.purge(tx, eraser.data_map, event.subjects, event.purpose)

    @router.event(privacy.HoldChanged, purpose=Purpose.LEGAL_DUTY, batch=True)
    async def apply_holds(events: list[privacy.HoldChanged], tx: Transaction) -> None:
        """What was kept for a hold alone is due once it is released."""
        await holds.apply(tx, events)
        if any(event.review_on is None for event in events):
            tx.wake(RETENTION)

    @router.event(privacy.ErasureFulfilled, purpose=Purpose.ERASURE)
    async def clean_up(_event: privacy.ErasureFulfilled, tx: Transaction) -> None:
        """Schedule a VACUUM: dead rows make room for the next ones."""
        tx.wake(VACUUM)

    router.include(_questions(eraser))
    return router


def _questions(eraser: Eraser) -> ServiceRouter:
    """What privacy asks every participant about people."""
    data_map = eraser.data_map
    router = ServiceRouter(data_map.service)

    @router.request(participants.ReadCopy, purpose=Purpose.RIGHTS)
    async def read_copy(request: participants.ReadCopy, tx: Transaction) -> participants.CopyPage:
        return await copies.page(tx, data_map, request)

    @router.request(participants.ListHolders, purpose=Purpose.RIGHTS)
    async def list_holders(request: participants.ListHolders, tx: Transaction) -> participants.Holders:
        return await holders.page(tx, data_map, request)

    @router.request(ReadIdentifyingValues, purpose=Purpose.ERASURE)
    async def read_identifying_values(request: ReadIdentifyingValues, tx: Transaction) -> IdentifyingValues:
        return await identifying_values(tx, data_map, request)

    async def outside_tables(request: SearchTraces, settings: Settings) -> TracesPage | None:
        return await elsewhere(request, settings, data_map.service)

    @router.request(SearchTraces, purpose=Purpose.ERASURE, prepare=outside_tables)
    async def search_traces(request: SearchTraces, tx: Transaction, prepared: TracesPage | None) -> TracesPage:
        return prepared or await trace_search.in_tables(tx, data_map, request)

    return router


def _when_reminded(service: str, ask: Ask) -> Callable[..., Awaitable[Step | None]]:
    """The same question for the order that is repeated; `wraps` keeps the parameters that are filled by name."""

    @wraps(ask)
    async def ask_again(event: privacy.ErasureReminded, **provided: Any) -> Step | None:
        return await ask(event.order, **provided) if event.service == service else None

    return ask_again


async def announce(database: Database, data_map: DataMap, recipients: tuple[str, ...] = ()) -> None:
    """Tell privacy what this service holds and whom it gives data to; from the next order on it is asked to erase."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        await map_categories(tx, data_map)
        since = await in_force_since(tx, data_map.version, starting=True)
        tx.publish(_announcement(data_map, recipients, since))


async def announce_what_is_in_force(database: Database, data_map: DataMap, recipients: tuple[str, ...]) -> bool:
    """Announce once more when this map has come into force since: after a roll back no newer one is at work."""
    async with database.transaction(Purpose.UPKEEP) as tx:
        if since := await in_force_since(tx, data_map.version):
            tx.publish(_announcement(data_map, recipients, since))
    return False


def _announcement(
    data_map: DataMap, recipients: tuple[str, ...], since: datetime | None
) -> participants.DataMapAnnounced:
    return participants.DataMapAnnounced(
        service=data_map.service,
        version=data_map.version,
        tables=announced(data_map),
        recipients=recipients,
        unkeyed=announced_unkeyed(data_map),
        in_force_since=since,
    )


def announced_unkeyed(data_map: DataMap) -> tuple[UnkeyedTable, ...]:
    """What holds personal values without a key to a person."""
    return tuple(
        UnkeyedTable(table=table.name, categories=table.categories, because=table.because, ends=table.ends)
        for table in data_map.unkeyed
        if table.categories
    )
