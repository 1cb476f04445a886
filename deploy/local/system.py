"""The whole system on one machine: servers, databases, topology, and one process per service."""

import asyncio
import importlib
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from deploy import broker, databases
from deploy.local import processes
from deploy.local.folders import PROJECT, STATE, StartError, alone, remember, remembered
from deploy.local.ports import LOOPBACK, remembered_ports, require_port
from deploy.local.servers import Servers, running_processes, running_servers, stop_servers
from deploy.local.usable import usable
from shared.secrets import LEGACY
from shared.service import Service

SERVICES = ("privacy", "identity", "licensing", "marketing")
GATEWAY = "gateway"
PROCESSES = (*SERVICES, GATEWAY)
VIRTUAL_HOST = "lethe"
READY_WITHIN_S = 60.0
HOME = "services"
BUSY = "Another ./lethe is starting or stopping the system in {folder} right now: wait until it is done."

Tell = Callable[[str], None]


@dataclass(frozen=True)
class System:
    """A running system: where its parts are. `databases` are the owners' URLs."""

    servers: Servers
    folder: Path
    amqp: Mapping[str, str]
    databases: Mapping[str, databases.DatabaseUrls]
    ports: Mapping[str, int]

    @property
    def gateway_url(self) -> str:
        """Where people's actions come in."""
        return f"http://{LOOPBACK}:{self.ports[GATEWAY]}"

    def health_url(self, name: str) -> str:
        """Where a process tells how it is."""
        return f"http://{LOOPBACK}:{self.ports[name]}"


def service(name: str) -> Service:
    """The wiring of a service."""
    found: Service = importlib.import_module(f"services.{name}.app").SERVICE
    return found


def up(
    folder: Path = STATE,
    *,
    durable: bool = True,
    tell: Tell = lambda _line: None,
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
        system = asyncio.run(_prepare(servers, folder, waits_ms))
        tell(f"starting {', '.join(PROCESSES)}")
        for name in PROCESSES:
            start(system, name, settings or {})
        for name in PROCESSES:
            wait(system, name)
        return system


@contextmanager
def _all_or_nothing(folder: Path) -> Iterator[None]:
    before = {name for name, pid in running_parts(folder).items() if pid}
    try:
        yield
    except BaseException:  # Ctrl-C, too
        _stop(folder, keep=before)
        raise


def running_parts(folder: Path = STATE) -> dict[str, int | None]:
    """Name each server and process of the system with its process id, None for one that does not run."""
    return running_processes(folder) | {name: processes.running(folder, name) for name in PROCESSES}


async def _prepare(servers: Servers, folder: Path, waits_ms: Mapping[str, int] | None) -> System:
    made, secret = {}, _keys(folder)[PASSWORDS]
    with usable("PostgreSQL", servers.postgres_admin_url, "LETHE_POSTGRES_ADMIN_URL"):
        for name in SERVICES:
            made[name] = await databases.create(servers.postgres_admin_url, name, secret=secret)
    reactions = [r for name in SERVICES for r in service(name).complete_router().event_handlers]
    users = (*SERVICES, GATEWAY)
    urls = (servers.amqp_url, servers.management_url)
    with usable("RabbitMQ", servers.management_url, "LETHE_MANAGEMENT_URL"):
        amqp = await broker.prepare(*urls, VIRTUAL_HOST, users, reactions, secret=secret, waits_ms=waits_ms)
    return System(servers, folder, amqp, made, known_ports(folder))


def known_ports(folder: Path) -> dict[str, int]:
    """Where each process listens: chosen once, then always the same."""
    return remembered_ports(folder / HOME, PROCESSES)


def _keys(folder: Path) -> dict[str, str]:
    """The secrets that data is sealed and hashed with; made once, kept apart from the databases."""
    file = folder / "keys.json"
    known: dict[str, str] = remembered(file)
    missing = [name for name in KEYS if name not in known]
    keyless = [name for name in OWN_KEYS.values() if name not in known]
    if missing or keyless:
        known |= {name: Fernet.generate_key().decode() for name in missing}
        known |= {name: _fresh_keys(name, known) for name in keyless}
        remember(file, known)
    return known


OWN_KEYS = {name: f"LETHE_{name.upper()}_KEYS" for name in PROCESSES}
"""The keys of each process, which no other gets."""
EARLIER_KEYS = {
    "LETHE_IDENTITY_KEYS": "LETHE_IDENTITY_ADDRESS_KEY",
    "LETHE_MARKETING_KEYS": "LETHE_MARKETING_SUPPRESSION_KEY",
    "LETHE_PRIVACY_KEYS": "LETHE_SEALING_KEY",
}
"""Secrets from before there were key ids: with them a service still reads what it wrote then."""


def _fresh_keys(name: str, known: Mapping[str, str]) -> str:
    if name == OWN_KEYS["licensing"] and "LETHE_SEALING_KEY" in known:
        return f"1:{known['LETHE_SEALING_KEY']}"  # derived in the same way already
    keys = f"1:{Fernet.generate_key().decode()}"
    earlier = known.get(EARLIER_KEYS.get(name, ""))
    return f"{keys},{LEGACY}:{earlier}" if earlier else keys


PASSWORDS = "passwords"
KEYS = (
    PASSWORDS,
    "LETHE_SEALING_KEY",
    "LETHE_IDENTITY_ADDRESS_KEY",
    "LETHE_MARKETING_SUPPRESSION_KEY",
)


def environment(system: System, name: str) -> dict[str, str]:
    """The settings of one process; what the caller's environment says goes before."""
    made = system.databases.get(name)
    own = {
        **{key: value for key, value in _keys(system.folder).items() if key in (*KEYS[1:], OWN_KEYS[name])},
        "LETHE_AMQP_URL": system.amqp[name],
        "LETHE_POSTGRES_URL": made.app if made else "",
        "LETHE_SMTP_URL": system.servers.smtp_url,
        "LETHE_HEALTH_HOST": LOOPBACK,
        "LETHE_HEALTH_PORT": str(system.ports[name]),
        "LETHE_PUBLIC_URL": system.gateway_url,
        "PYTHONPATH": str(PROJECT),
        "PATH": os.environ.get("PATH", os.defpath),
    }
    given = {key: value for key, value in os.environ.items() if key.startswith("LETHE_") and key not in own}
    return own | given


def start(system: System, name: str, settings: Mapping[str, str]) -> None:
    """Start one process unless it runs. Raises StartError when its port is taken."""
    if processes.running(system.folder, name) is None:
        require_port(system.ports[name], system.folder / HOME, name)
        argv = [sys.executable, "-m", f"services.{name}.app"]
        processes.start(system.folder, name, argv, environment(system, name) | dict(settings))


def wait(system: System, name: str) -> None:
    """Wait until a process is ready. Raises StartError when it ends or stays silent."""

    def alive() -> bool:
        return processes.running(system.folder, name) is not None

    try:
        processes.wait_ready(f"{system.health_url(name)}/health/ready", READY_WITHIN_S, alive)
    except StartError:
        said = processes.last_words(system.folder, name, (f"{name}: ",)).removeprefix(f"{name}: ")
        state = "is not ready" if alive() else "has ended"
        log = system.folder / "logs" / f"{name}.log"
        raise StartError(f"{name} {state} ({said or 'it gave no reason'}): look into {log}.") from None


def down(folder: Path = STATE) -> None:
    """Drain the services, then stop the servers; all data stays."""
    with alone(folder / HOME, BUSY.format(folder=folder)):
        _stop(folder)


def _stop(folder: Path, keep: Collection[str] = ()) -> None:
    for name in reversed(PROCESSES):
        if name not in keep:
            processes.stop(folder, name)
    stop_servers(folder, keep)
