"""Reports of two participants at the same instant, twice each: the order closes, once (promises 1 and 3)."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.cases import rules
from services.privacy.cases.handlers import admit
from shared.clock import now, today
from shared.contracts import privacy
from shared.contracts.privacy import DataMapAnnounced, ErasureOrdered, ErasureReported, MappedTable, ReportedTable
from shared.database import Database
from shared.purposes import Purpose
from tests import house as houses
from tests.house import House, eventually
from tests.sample.house import depth, listening, publishing, send

PARTICIPANTS = ("apple", "pear")
ROUNDS = 8


@pytest.fixture(scope="module")
async def house(servers: Servers) -> AsyncIterator[House]:
    """Privacy, and two participants of whom there is nothing but their messages."""
    made = await houses.build(servers, [PRIVACY], settings={"participants": ",".join(PARTICIPANTS)})
    yield made
    await houses.tear_down(made)


def announced(service: str) -> DataMapAnnounced:
    table = MappedTable(name="thing", category="D1", purposes=("P1",), retention="R-LIVE", kept=False, columns=())
    return DataMapAnnounced(service=service, version=1, tables=(table,))


def report(service: str, order: ErasureOrdered) -> ErasureReported:
    people = tuple(person.subject_id for person in order.subjects)
    table = ReportedTable(table="thing", categories=("D1",), outcome=("purged",) * len(people), rows=(1,) * len(people))
    return ErasureReported(
        order_id=order.order_id, service=service, map_version=1, part=0, at=today(), subjects=people, tables=(table,)
    )


async def opened_case(database: Database) -> str:
    """A case that may run at once; its token."""
    token = uuid4().hex
    opening = rules.opening(
        uuid4(),
        terminate_contract=True,
        language="pl",
        channel="member",
        verified_by="test",
        received_at=now(),
        cooling_off_s=0,
    )
    async with database.transaction(Purpose.RIGHTS) as tx:
        await admit(tx, opening, token, None)
    return token


async def test_two_reports_at_the_same_instant_close_the_order_once(house: House) -> None:
    """Guard: FOR UPDATE on the order in services/privacy/orders/reports.py; seen to fail without it."""
    async with (
        house.serve(PRIVACY) as kits,
        house.asking() as client,
        publishing(house) as channel,
        listening(house, ErasureOrdered.type) as orders,
        listening(house, privacy.ErasureFulfilled.type) as fulfilled,
    ):
        for service in PARTICIPANTS:
            await send(channel, announced(service), sender=service)
        for count in range(1, ROUNDS + 1):
            token = await opened_case(kits["privacy"].database)

            async def is_ordered(count: int = count) -> bool:
                return len(orders) >= count

            await eventually(is_ordered)
            order = ErasureOrdered.model_validate_json(orders[-1].body)
            ids = {service: uuid4() for service in PARTICIPANTS}
            twice = [s for s in PARTICIPANTS for _ in range(2)]
            await asyncio.gather(*(send(channel, report(s, order), sender=s, message_id=ids[s]) for s in twice))

            async def is_closed(token: str = token) -> bool:
                found = await client.ask(privacy.ReadCase(token=token))
                return bool(found.state == "closed")

            await eventually(is_closed, 5)
        certificate = json.loads((await client.ask(privacy.ReadCertificate(token=token))).document)
    assert sorted(p["service"] for p in certificate["participants"]) == ["apple", "pear", "privacy"]
    closed = [json.loads(message.body)["order_id"] for message in fulfilled]
    assert len(closed) == len(set(closed)) == ROUNDS
    assert await depth(house, "privacy.dead-letters") == 0
