"""What one test module runs on: a database per service and a virtual host on the real servers."""

import asyncio
import contextlib
import inspect
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from deploy import broker, databases
from deploy.local.folders import MEMORY
from deploy.local.servers import Servers
from shared.assertions import Signer, new_signing_key
from shared.contracts.message import GATEWAY, OPERATORS
from shared.database import Database
from shared.messaging.outbox import enqueue
from shared.messaging.request_client import RequestClient
from shared.messaging.router import EventHandler
from shared.problems import Refused
from shared.service import Resources, Service, running
from tests import forked, templates
from tests.askers import AnyAsker

# Tests wait in milliseconds where operators wait in minutes.
SHORT_WAITS_MS = {
    "lethe.retry.5s": 25,
    "lethe.retry.30s": 50,
    "lethe.retry.5min": 75,
    "lethe.retry.1h": 100,
}
PATIENCE_S = forked.PATIENCE_S
FIRST_REST_S, LONGEST_REST_S = 0.02, 0.1
UNAVAILABLE = 503
DEEPER = 10 if os.environ.get("LETHE_TEST_DEEP") else 1
"""How many times as many rounds `./lethe test --deep` plays."""
ASKERS = (GATEWAY, "identity", "licensing", "marketing", "privacy")
SECRET = "the same for all modules: roles are shared"


@dataclass
class Harness:
    """The servers' share of one module."""

    servers: Servers
    name: str
    databases: dict[str, databases.DatabaseUrls]
    amqp: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def signer(self) -> Signer:
        """Identity's key, with which tests speak as people who have signed in."""
        return Signer.of(self.settings["assertion_signing_key"])

    @property
    def admin_amqp(self) -> str:
        """The broker with all rights, in this module's virtual host."""
        return broker.in_virtual_host(self.servers.amqp_url, self.name)

    def environment(self, service: str) -> dict[str, str]:
        """The settings of a service as environment variables."""
        own = {
            "LETHE_AMQP_URL": self.amqp[service],
            "LETHE_POSTGRES_URL": self.databases[service].app if service in self.databases else "",
            "LETHE_SMTP_URL": self.servers.smtp_url,
        }
        return own | {f"LETHE_{key.upper()}": str(value) for key, value in self.settings.items()}

    @contextlib.asynccontextmanager
    async def serve(self, *services: Service) -> AsyncIterator[dict[str, Resources]]:
        """Run services inside the test's process until the block ends."""
        resources: dict[str, Resources] = {}
        asked = [service for service in services if not service.takes_orders]  # the others wait for them
        orders = [service for service in services if service.takes_orders]
        async with self._together(asked, resources), self._together(orders, resources):
            yield resources

    @contextlib.asynccontextmanager
    async def _together(self, services: Sequence[Service], resources: dict[str, Resources]) -> AsyncIterator[None]:
        """Start and stop them one beside the other: each start and each end waits more than it works."""
        stacks = [contextlib.AsyncExitStack() for _ in services]
        try:
            starts = zip(stacks, services, strict=True)
            await asyncio.gather(*(self._enter(stack, service, resources) for stack, service in starts))
            yield
        finally:
            await asyncio.gather(*(stack.aclose() for stack in stacks))

    async def _enter(self, stack: contextlib.AsyncExitStack, service: Service, resources: dict[str, Resources]) -> None:
        values: dict[str, Any] = {
            key.removeprefix("LETHE_").lower(): value for key, value in self.environment(service.name).items()
        }
        settings = service.settings(**values)
        resources[service.name] = await stack.enter_async_context(running(service, settings))

    @contextlib.asynccontextmanager
    async def asking(self) -> AsyncIterator[RequestClient]:
        """A client that asks every service, each contract with the account of one who may."""
        client = AnyAsker({**self.amqp, OPERATORS: self.admin_amqp}, self.signer)
        try:
            yield client
        finally:
            await client.close()

    @contextlib.asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """A service's database through its working role."""
        database = Database(self.databases[service].app, service, enqueue, 4, PATIENCE_S)
        await database.open()
        try:
            yield database
        finally:
            await database.close()

    @contextlib.asynccontextmanager
    async def superuser(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection that row-level security does not bind: what is really there."""
        url = self.servers.postgres_admin_url.rpartition("/")[0] + f"/{service}_{self.name}"
        connection = await asyncpg.connect(url, timeout=60)
        try:
            yield connection
        finally:
            await connection.close()


async def build(
    servers: Servers, services: Sequence[Service], *, settings: Mapping[str, Any] | None = None, **migrations: Path
) -> Harness:
    """Make the databases, the virtual host, users and topology of one test module."""
    name = f"t{secrets.token_hex(4)}"
    urls = {}
    for service in services:
        database = f"{service.name}_{name}"
        folder = migrations.get(service.name, databases.SERVICES_FOLDER / service.name / "migrations")
        urls[service.name] = await templates.copy(
            servers.postgres_admin_url, service.name, database, secret=SECRET, migrations_folder=folder
        )
    reactions: list[EventHandler] = [r for s in services for r in s.complete_router().event_handlers]
    names = [s.name for s in services]
    urls_of_broker = (servers.amqp_url, servers.management_url)
    askers = [asker for asker in ASKERS if asker not in names]
    amqp = await broker.prepare(
        *urls_of_broker, name, names, reactions, secret=SECRET, askers=askers, waits_ms=SHORT_WAITS_MS
    )
    signing_key = new_signing_key()
    defaults: dict[str, Any] = {
        "assertion_signing_key": signing_key,
        "assertion_keys": Signer.of(signing_key).public,
        "keys": f"1:{secrets.token_urlsafe(32)}",
        "cooling_off_s": 0,
        "gather_patience_s": 1,
        "payment_adapter": "sandbox",
        "bank_account": "PL61 1090 1014 0000 0712 1981 2874",
        "participants": ",".join(s.name for s in services),
        "ledger": tempfile.mkdtemp(prefix="ledger-", dir=MEMORY if MEMORY.is_dir() else None),
    }
    return Harness(servers, name, urls, amqp, defaults | dict(settings or {}))


async def tear_down(harness: Harness) -> None:
    """Remove what `build` made."""
    await broker.remove(harness.servers.management_url, harness.name)
    shutil.rmtree(harness.settings["ledger"], ignore_errors=True)
    admin = await asyncpg.connect(harness.servers.postgres_admin_url, timeout=60)
    try:
        for service in harness.databases:
            await admin.execute(f"DROP DATABASE IF EXISTS {service}_{harness.name} WITH (FORCE)")
    finally:
        await admin.close()


@contextlib.asynccontextmanager
async def serving(servers: Servers, *services: Service, **settings: Any) -> AsyncIterator[Harness]:
    """The share of one module with its services at work; removed whatever happens in between."""
    harness = await build(servers, services, settings=settings)
    try:
        async with harness.serve(*services):
            yield harness
    finally:
        await tear_down(harness)


async def _looked(what: Callable[[], Any]) -> Any:
    """What it answers now; a service that is too busy to answer is asked again."""
    try:
        answer = what()
        return await answer if inspect.isawaitable(answer) else answer
    except Refused as refused:
        if refused.problem.status != UNAVAILABLE:
            raise
        return None


async def eventually(what: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
    """Poll until `what` answers something true, now or when awaited; the last answer is in the failure."""
    loop = asyncio.get_running_loop()
    end, rest_s = loop.time() + patience_s, FIRST_REST_S
    while True:
        answer = await _looked(what)
        if answer:
            return answer
        if loop.time() > end:
            raise AssertionError(f"still {answer!r} after {patience_s} s")
        await asyncio.sleep(rest_s)
        rest_s = min(rest_s * 1.25, LONGEST_REST_S)  # each look is a question to a server that is busy with the answer
