"""Drives licensing in tests: the three services at work, people who buy, and the payment provider's hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from deploy.local.servers import Servers
from services.identity.app import SERVICE as IDENTITY
from services.licensing.app import SERVICE as LICENSING
from services.privacy.app import SERVICE as PRIVACY
from shared.contracts import licensing, privacy
from shared.contracts.licensing import PaymentWebhook, SignedWebhook
from shared.contracts.message import Request
from shared.messaging.request_client import RequestClient
from shared.problems import Refused
from shared.service import Resources, Service
from tests import harness as harnesses
from tests.harness import PATIENCE_S, Harness, eventually

ACCOUNT = """
INSERT INTO account (subject_id, email, full_name, street, postal_code, city, country, kind, company, nip,
  vat_number)
VALUES ($1, $2, 'Anna Nowak', 'Długa 1', '00-001', 'Warszawa', $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True)
class Driver:
    """The services at work, and superusers who see what is really there."""

    harness: Harness
    resources: Resources
    client: RequestClient
    rows: asyncpg.Connection
    accounts: asyncpg.Connection

    async def person(self, country: str = "PL", kind: str = "person", vat_number: str = "") -> UUID:
        """Somebody with an account."""
        person = uuid4()
        business = ("Firma", "9222828810", vat_number) if kind != "person" else ("", "", vat_number)
        await self.accounts.execute("INSERT INTO subject VALUES ($1)", person)
        await self.accounts.execute(ACCOUNT, person, f"{person.hex}@example.com", country, kind, *business)
        return person

    async def ask(self, request: Request[Any], **options: Any) -> Any:
        """Ask; slow machines get more time."""
        return await self.client.request(request, timeout_s=PATIENCE_S, **options)

    async def status(self, request: Request[Any], **options: Any) -> int:
        """The status a request is answered with."""
        try:
            await self.ask(request, **options)
        except Refused as refused:
            return refused.problem.status
        return 200

    async def order(self, person: UUID, **changed: Any) -> UUID:
        """Place an order."""
        answer = await self.ask(order_of(person, **changed))
        return UUID(str(answer.id))

    async def start(self, person: UUID, order_id: UUID) -> licensing.Payment:
        """Start to pay an order."""
        started = await self.ask(licensing.StartPayment(subject_id=person, order_id=order_id))
        payment: licensing.Payment = await self.ask(licensing.ReadPayment(subject_id=person, payment_id=started.id))
        return payment

    async def played(self, reference: str, event: Any, amount: int | None = None) -> PaymentWebhook:
        """What the provider would post."""
        webhook: SignedWebhook = await self.ask(licensing.PlaySandbox(reference=reference, event=event, amount=amount))
        return PaymentWebhook(**webhook.model_dump())

    async def buy(self, person: UUID, **changed: Any) -> licensing.Payment:
        """Order and pay by card."""
        payment = await self.start(person, await self.order(person, **changed))
        await self.ask(await self.played(payment.reference, "payment.confirmed"))
        return payment

    async def key(self, person: UUID) -> str:
        """The key of a person's only license."""
        held = await self.ask(licensing.ListLicenses(subject_id=person))
        license_ = held.licenses[0]
        await self.confirmed(license_.order_id)
        shown = await self.ask(licensing.RevealLicense(subject_id=person, license_id=license_.license_id))
        return str(shown.key)

    async def confirmed(self, order_id: UUID) -> None:
        """Wait until the key of an order may be shown."""
        ready = "SELECT NOT consumer OR confirmed_at IS NOT NULL FROM purchase_terms WHERE order_id = $1"
        await eventually(lambda: self.rows.fetchval(ready, order_id))

    async def erase(self, person: UUID, *, terminate: bool) -> UUID:
        """Run a whole erasure through privacy; answers the case id."""
        token = uuid4().hex
        await self.ask(
            privacy.OpenCase(
                subject_id=person,
                right="erasure",
                terminate_contract=terminate,
                token=token,
            )
        )

        async def closed() -> Any:
            case = await self.ask(privacy.ReadCase(token=token))
            return case.case_id if case.state == "closed" else None

        return UUID(str(await eventually(closed)))

    async def counts(self, person: UUID) -> dict[str, int]:
        """How many rows of a person there are in each table."""
        tables = [table.name for table in LICENSING.data_map.tables]
        counts = {table: await self.count(table, person) for table in tables}
        return {table: count for table, count in counts.items() if count}

    async def count(self, table: str, person: UUID, condition: str = "true") -> int:
        """How many rows of a person meet a condition."""
        sql = f"SELECT count(*) FROM {table} WHERE subject_id = $1 AND {condition}"  # noqa: S608 the test's own words
        return int(await self.rows.fetchval(sql, person))

    async def live_rows(self, person: UUID) -> int:
        """How many rows of a person are not out of live use."""
        tables = [table.name for table in LICENSING.data_map.everything]
        return sum([await self.count(table, person, "live") for table in tables])

    async def ends(self, table: str, person: UUID) -> set[Any]:
        """Until when a person's rows of a table are kept."""
        sql = f"SELECT retain_until FROM {table} WHERE subject_id = $1"  # noqa: S608 the test's own words
        return {row["retain_until"] for row in await self.rows.fetch(sql, person)}


def order_of(person: UUID, **changed: Any) -> licensing.PlaceOrder:
    """An order with everything a consumer must say."""
    fields: dict[str, Any] = {
        "subject_id": person,
        "product": "auditor-year",
        "ip": "203.0.113.7",
        "terms_version": "2026-01",
        "accepts_terms": True,
        "wants_immediate_delivery": True,
        "knows_withdrawal_lapses": True,
    }
    return licensing.PlaceOrder(**(fields | changed))


@contextlib.asynccontextmanager
async def opened(
    servers: Servers, service: Service = LICENSING, settings: dict[str, Any] | None = None
) -> AsyncIterator[Driver]:
    """A driver for one module; `service` is licensing, perhaps wired in another way."""
    harness = await harnesses.build(servers, [service, IDENTITY, PRIVACY], settings=settings)
    try:
        async with at_work(harness, service) as driver:
            yield driver
    finally:
        await harnesses.tear_down(harness)


@contextlib.asynccontextmanager
async def at_work(harness: Harness, service: Service = LICENSING) -> AsyncIterator[Driver]:
    """The services from their start to their end."""
    async with contextlib.AsyncExitStack() as stack:
        resources = await stack.enter_async_context(harness.serve(service, IDENTITY, PRIVACY))
        client = await stack.enter_async_context(harness.asking())
        rows = await stack.enter_async_context(harness.superuser("licensing"))
        accounts = await stack.enter_async_context(harness.superuser("identity"))
        yield Driver(harness, resources["licensing"], client, rows, accounts)


async def all_of(*waiting: Any) -> list[Any]:
    """Many at once; refusals are answers."""
    return list(await asyncio.gather(*waiting, return_exceptions=True))
