"""Starting the whole system: servers, databases with roles and schema, broker users, queues, processes."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy import broker, databases
from deploy.local import system
from deploy.local.folders import STATE, Tell, alone, say_nothing
from deploy.local.keys import password_secret
from deploy.local.server_errors import start_errors
from deploy.local.servers import Servers, running_servers
from deploy.local.system import BUSY, HOME, PROCESSES, SERVICES, VIRTUAL_HOST, System, known_ports


def up(
    folder: Path = STATE,
    *,
    durable: bool = True,
    tell: Tell = say_nothing,
    settings: Mapping[str, str] | None = None,
    waits_ms: Mapping[str, int] | None = None,
) -> System:
    """Start everything that is not running. Raises StartError with one sentence on what to do.

    `waits_ms` replaces the waiting times of failed messages (tests shorten them). When it fails or is
    interrupted, what it started is stopped and what ran before goes on.
    """
    with alone(folder / HOME, BUSY.format(folder=folder)), _all_or_nothing(folder):
        tell("starting PostgreSQL, RabbitMQ and the mailbox")
        servers = running_servers(folder, durable=durable, tell=tell)
        tell("preparing databases, roles, queues and users")
        running = asyncio.run(_prepare(servers, folder, waits_ms))
        tell(f"starting {', '.join(PROCESSES)}")
        for name in PROCESSES:
            system.start(running, name, settings or {})
        for name in PROCESSES:
            system.wait(running, name)
        return running


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[None]:
    before = {name for name, pid in system.running_parts(folder).items() if pid}
    try:
        yield
    except BaseException:  # Ctrl-C, too
        system.stop(folder, keep=before)
        raise


async def _prepare(servers: Servers, folder: Path, waits_ms: Mapping[str, int] | None) -> System:
    urls_of, secret = {}, password_secret(folder)
    with start_errors("PostgreSQL", servers.postgres_admin_url, "LETHE_POSTGRES_ADMIN_URL"):
        for name in SERVICES:
            urls_of[name] = await databases.create(servers.postgres_admin_url, name, secret=secret)
    reactions = [r for name in SERVICES for r in system.service(name).complete_router().event_handlers]
    urls = (servers.amqp_url, servers.management_url)
    with start_errors("RabbitMQ", servers.management_url, "LETHE_MANAGEMENT_URL"):
        amqp = await broker.prepare(*urls, VIRTUAL_HOST, SERVICES, reactions, secret=secret, waits_ms=waits_ms)
    return System(servers, folder, amqp, urls_of, known_ports(folder))
