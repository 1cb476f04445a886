"""The whole system on one machine: servers, databases, topology, and one process per service."""

import importlib
import os
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local import postgres, processes, rabbitmq
from deploy.local.folders import PROJECT, STATE, StartError, alone
from deploy.local.keys import keys_of
from deploy.local.ports import LOOPBACK, remembered_ports, require_port
from deploy.local.servers import Servers, running_processes, stop_servers

if TYPE_CHECKING:  # what most commands need not load
    from deploy.databases import DatabaseUrls
    from shared.service import Service
    from shared.settings import Settings

SERVICES = ("privacy", "identity", "licensing", "marketing")
GATEWAY = "gateway"
PROCESSES = (*SERVICES, GATEWAY)
GATEWAY_HEALTH = "gateway health"
SEARCHES_FOR_OTHERS = "privacy"
VIRTUAL_HOST = "lethe"
READY_WITHIN_S = 180.0  # three systems that start at once on two cores took a minute each
HOME = "services"
LEDGER, BACKUPS = "ledger", "backups"
BUSY = "Another ./lethe is starting or stopping the system in {folder} right now: wait until it is done."

PYTHON = ("PYTHONPATH", "PATH", "PYTHONPYCACHEPREFIX")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class System:
    """A running system: where its parts are. `databases` are the owners' URLs."""

    servers: Servers
    folder: Path
    amqp: Mapping[str, str]
    databases: Mapping[str, "DatabaseUrls"]
    ports: Mapping[str, int]

    @property
    def gateway_url(self) -> str:
        """Where people's actions come in."""
        return f"http://{LOOPBACK}:{self.ports[GATEWAY]}"

    def health_url(self, name: str) -> str:
        """Where a process tells how it is."""
        return f"http://{LOOPBACK}:{self.ports[health_of(name)]}"


def health_of(name: str) -> str:
    """Which of the ports tells how a process is: the public is kept apart from operators."""
    return GATEWAY_HEALTH if name == GATEWAY else name


def service(name: str) -> "Service":
    wired: Service = importlib.import_module(f"services.{name}.app").SERVICE
    return wired


def running_parts(folder: Path = STATE) -> dict[str, int | None]:
    """Name each server and process of the system with its process id, None for one that does not run."""
    return running_processes(folder) | {name: processes.running(folder, name) for name in PROCESSES}


def known_ports(folder: Path) -> dict[str, int]:
    """Where each process listens: chosen once, then always the same."""
    return remembered_ports(folder / HOME, (*PROCESSES, GATEWAY_HEALTH))


def environment(system: System, name: str) -> dict[str, str]:
    """The settings of one process; what the caller's environment says goes before."""
    urls = system.databases.get(name)
    own = {
        **keys_of(system.folder, name),
        **({"LETHE_LICENSING_PAYMENT_ADAPTER": "sandbox"} if name == "licensing" else {}),
        "LETHE_AMQP_URL": system.amqp[name],
        "LETHE_POSTGRES_URL": urls.app if urls else "",
        "LETHE_SMTP_URL": system.servers.smtp_url,
        "LETHE_LEDGER": str(system.folder / LEDGER),
        "LETHE_BACKUPS": str(system.folder / BACKUPS),
        "LETHE_LOG_PATH": ",".join(str(processes.log_file(system.folder, each)) for each in searches(name)),
        "LETHE_HEALTH_HOST": LOOPBACK,
        "LETHE_HEALTH_PORT": str(system.ports[health_of(name)]),
        "LETHE_HTTP_PORT": str(system.ports[GATEWAY]),
        "LETHE_PUBLIC_URL": system.gateway_url,
        "PYTHONPATH": str(PROJECT),
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", ""),
    }
    known = known_settings(name)
    set_here = {k: v for k, v in os.environ.items() if k in known and k.removesuffix("_FILE") not in own}
    return {key: value for key, value in own.items() if key in known or key in PYTHON} | set_here


def searches(name: str) -> tuple[str, ...]:
    """Whose logs a process searches for values of erased people: its own, and privacy those of what can't."""
    return (name, GATEWAY, postgres.NAME, rabbitmq.NAME) if name == SEARCHES_FOR_OTHERS else (name,)


@cache
def known_settings(name: str) -> frozenset[str]:
    """The variables that a process has a use for: whatever else is secret in this one does not reach it."""
    fields = [field.upper() for field in settings_of(name).model_fields]
    return frozenset(
        f"LETHE_{own}{field}{kind}" for field in fields for own in ("", f"{name.upper()}_") for kind in ("", "_FILE")
    )


def settings_of(name: str) -> type["Settings"]:
    if name == GATEWAY:
        gateway: type[Settings] = importlib.import_module("services.gateway.settings").GatewaySettings
        return gateway
    return service(name).settings


def start(system: System, name: str, settings: Mapping[str, str]) -> None:
    """Start one process unless it runs. Raises StartError when its port is taken."""
    if processes.running(system.folder, name) is None:
        for port in {name, health_of(name)}:
            require_port(system.ports[port], system.folder / HOME, name)
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
        stop(folder)


def stop(folder: Path, keep: Collection[str] = ()) -> None:
    for name in reversed(PROCESSES):
        if name not in keep:
            processes.stop(folder, name)
    stop_servers(folder, keep)
