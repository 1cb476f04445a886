"""Privacy, and two participants of whom there is nothing but their messages."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aio_pika.abc import AbstractChannel

from deploy.local.servers import Servers
from services.privacy.app import SERVICE as PRIVACY
from services.privacy.cases import rules, store
from shared.clock import now, today
from shared.contracts import privacy
from shared.contracts.message import Event
from shared.contracts.participants import (
    DataMapAnnounced,
    ErasureReported,
    Failure,
    MappedTable,
    Outcome,
    ReportedTable,
)
from shared.contracts.privacy import ErasureOrdered
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.purposes import Purpose
from tests import harness as harnesses
from tests.harness import Harness, eventually
from tests.sample.harness import Heard, listening, publishing, send

APPLE, PEAR = PARTICIPANTS = ("apple", "pear")
GATHERED = """
INSERT INTO trace_search (case_id, gathered_at) SELECT case_id, now() FROM privacy_case ON CONFLICT DO NOTHING
"""
"""Nothing is ordered before it was gathered what is searched for afterwards."""
FRESH = "TRUNCATE participant, privacy_case, erasure_order, outbox, subject_link CASCADE"


@dataclass(frozen=True)
class FakeParticipants:
    """Privacy at work, with everything that its participants hear and say."""

    harness: Harness
    database: Database
    client: RequestClient
    channel: AbstractChannel
    orders: Heard
    rows: asyncpg.Connection

    async def ordered(self, count: int = 1) -> ErasureOrdered:
        """The order of that number, once it is out."""

        await eventually(lambda: len(self.orders) >= count)
        return ErasureOrdered.model_validate_json(self.orders[count - 1].body)

    async def say(self, service: str, *events: Event) -> None:
        for event in events:
            await send(self.channel, event, sender=service)

    async def say_broken(self, service: str, order: ErasureOrdered, **changes: Any) -> None:
        """A report whose fields are not as the contract wants them; None leaves a field out."""
        body = json.loads(report(service, order).model_dump_json()) | changes
        kept = {name: value for name, value in body.items() if value is not None}
        await send(self.channel, report(service, order), sender=service, body=json.dumps(kept).encode())

    async def until(self, token: str, state: str) -> None:
        """Wait until a case is in a state."""

        async def is_so() -> bool:
            case = await self.client.request(privacy.ReadCase(token=token))
            return bool(case.state == state)

        await eventually(is_so)

    async def certificate(self, token: str) -> dict[str, Any]:
        document = (await self.client.request(privacy.ReadCertificate(token=token))).document
        certificate: dict[str, Any] = json.loads(document)
        return certificate


@contextlib.asynccontextmanager
async def privacy_alone(servers: Servers) -> AsyncIterator[Harness]:
    """A harness of privacy, which expects these participants and no others."""
    expected = {"participants": ",".join(PARTICIPANTS), "gather_patience_s": 0}
    harness = await harnesses.build(servers, [PRIVACY], settings=expected)
    yield harness
    await harnesses.tear_down(harness)


@contextlib.asynccontextmanager
async def fake_participants(harness: Harness) -> AsyncIterator[FakeParticipants]:
    """A fresh start: nothing is ordered yet, and both participants have announced what they hold."""
    async with harness.superuser("privacy") as rows:
        await rows.execute(FRESH)
        async with (
            harness.serve(PRIVACY) as resources,
            harness.asking() as client,
            publishing(harness) as channel,
            listening(harness, ErasureOrdered.type) as orders,
        ):
            participants = FakeParticipants(harness, resources["privacy"].database, client, channel, orders, rows)
            for service in PARTICIPANTS:
                await participants.say(service, announced(service))
            yield participants


def announced(service: str, version: int = 1, table: str = "thing") -> DataMapAnnounced:
    mapped = MappedTable(name=table, category="D1", purposes=("P1",), retention="R-LIVE", kept=False, columns=())
    return DataMapAnnounced(service=service, version=version, tables=(mapped,))


def report(service: str, order: ErasureOrdered, version: int = 1, **facts: Any) -> ErasureReported:
    """What a participant says of everybody in an order: one row each, purged."""
    people = tuple(person.subject_id for person in order.subjects)
    return said(service, order, people, version=version, **facts)


def said(
    service: str, order: ErasureOrdered, people: tuple[UUID, ...], part: int = 0, version: int = 1, **facts: Any
) -> ErasureReported:
    outcome: Outcome = facts.get("outcome", "purged")
    table = ReportedTable(
        table=facts.get("table", "thing"),
        categories=("D1",),
        outcome=(outcome,) * len(people),
        rows=(facts.get("rows", 1),) * len(people),
    )
    return ErasureReported(
        order_id=order.order_id,
        service=service,
        map_version=version,
        part=part,
        at=today(),
        subjects=people,
        tables=(table,),
        failure=Failure(sqlstate="23514", constraint="some_rule") if outcome == "failed" else None,
    )


async def opened_case(database: Database, person: UUID | None = None, sealed_address: bytes | None = None) -> str:
    """A case that may run at once; its token."""
    token = uuid4().hex
    opening = rules.opening(
        person or uuid4(),
        terminate_contract=True,
        language="pl",
        channel="member",
        verified_by="test",
        received_at=now(),
        cooling_off_s=0,
    )
    async with database.transaction(Purpose.RIGHTS) as tx:
        await store.open_case(tx, opening, token, sealed_address)
    return token
