"""A private RabbitMQ node: own home, name, ports, cookie and epmd, all of it on loopback."""

from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex, token_urlsafe
from socket import gethostname
from typing import Any

from deploy.local import processes
from deploy.local.folders import (
    StartError,
    Tell,
    private_folder,
    remember,
    remembered,
    require_space,
    say_nothing,
)
from deploy.local.ports import LOOPBACK, remembered_ports, require_free
from deploy.local.rabbitmq_software import find_or_fetch

NAME = "rabbitmq"
NAME_SERVICE = "epmd"
READY_WITHIN_S = 90.0
ANSWERS_WITHIN_S = 20.0  # one that runs on a busy machine; a restart would cut off everybody who is connected
STOP_WITHIN_S = 30.0
PORTS = ("amqp", "management", "metrics", "distribution", "epmd")

OF_QUEUES = "/metrics/detailed?family=queue_coarse_metrics&family=queue_consumer_count"

CONFIGURATION = """
listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {metrics}

# Made with the first start; the account `guest` never exists.
default_user = lethe
default_pass = {password}
default_user_tags.administrator = true
default_vhost = /

# Queue lengths and rates are all that is wanted of the management pages, but soon: see also ADVANCED.
management.rates_mode = basic
collect_statistics_interval = 1000
management.sample_retention_policies.global.minute = 1
management.sample_retention_policies.basic.minute = 1
management.sample_retention_policies.detailed.minute = 1

vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 100MB
log.console = true
log.console.level = warning
log.file = false
"""

# A quorum queue counts its messages for the management interface once per tick, which is 5 s by default.
ADVANCED = "[{rabbit, [{quorum_tick_interval, 1000}]}].\n"

# All that the node talks to is on loopback, so it asks no name server. On a machine whose own name nobody resolves
# RabbitMQ 4.0 let one of some sixty connections wait for 5 s, the time-out of its question (seen on Debian 13).
RESOLVER = """
{{lookup, [file]}}.
{{host, {{127,0,0,1}}, ["localhost", "{machine}"]}}.
"""

# Two schedulers for two cores, and none of them burns a core while it waits for work.
ERLANG_ARGUMENTS = (
    "+S 2:2 +SDcpu 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
)


@dataclass(frozen=True)
class RabbitServer:
    """Where the node listens, with the credentials of its administrator."""

    amqp_url: str
    management_url: str
    pid: int


def start(folder: Path, *, tell: Tell = say_nothing) -> RabbitServer:
    """Start the node of this folder, made on the first call; one that runs and answers is left alone."""
    home = private_folder(folder / NAME)
    known = _known(home)
    pid = processes.running(folder, NAME)
    if pid and processes.poll(lambda: processes.answers(_health_url(known)), ANSWERS_WITHIN_S):
        return _server(known, pid)
    stop(folder)
    require_space(folder)
    require_free(home, "private RabbitMQ")
    program, search_path = find_or_fetch(tell)
    _write_configuration(home, known)
    environment = _environment(home, known) | search_path
    # Started by us rather than by the node, which would leave it behind under no known id.
    processes.start(folder, NAME_SERVICE, ["epmd", "-address", LOOPBACK], environment)
    # The scripts do not quote their own folder; from inside it they need no path.
    argv = ["env", f"--chdir={program.parent}", f"./{program.name}"]
    return _ready(folder, known, processes.start(folder, NAME, argv, environment))


def stop(folder: Path) -> None:
    """End the node in order, then its name service."""
    processes.stop(folder, NAME, within_s=STOP_WITHIN_S)
    processes.stop(folder, NAME_SERVICE)


def kill(folder: Path) -> None:
    """End the node with SIGKILL, as a crash would."""
    processes.kill(folder, NAME)
    processes.kill(folder, NAME_SERVICE)


def restart(folder: Path) -> RabbitServer:
    """Stop in order and start again on the same ports with the same queues."""
    stop(folder)
    return start(folder)


def metrics_url(folder: Path) -> str:
    """Where the node tells Prometheus of each of its queues."""
    known = remembered_ports(folder / NAME, PORTS)
    return f"http://{LOOPBACK}:{known['metrics']}{OF_QUEUES}"


def _ready(folder: Path, known: dict[str, Any], pid: int) -> RabbitServer:
    try:
        processes.wait_ready(_health_url(known), READY_WITHIN_S, lambda: processes.running(folder, NAME) == pid)
    except StartError:
        stop(folder)
        reason = processes.last_words(folder, NAME, ("rror", "failed", "enospc", "crash"))
        raise StartError(f"RabbitMQ did not start ({reason}): look into {folder / 'logs' / 'rabbitmq.log'}.") from None
    return _server(known, pid)


def _known(home: Path) -> dict[str, Any]:
    file = home / "secrets.json"
    if not file.exists():
        # A name of its own, as the data folder is bound to it and another node may run on this machine.
        name = f"lethe-{token_hex(4)}"
        remember(file, {"password": token_urlsafe(24), "cookie": token_hex(20), "node": name})
    return remembered(file) | remembered_ports(home, PORTS)


def _write_configuration(home: Path, known: dict[str, Any]) -> None:
    files = {
        "rabbitmq.conf": CONFIGURATION.format(**known),
        "advanced.config": ADVANCED,
        "erl_inetrc": RESOLVER.format(machine=gethostname()),
        "enabled_plugins": "[rabbitmq_management,rabbitmq_prometheus].\n",
        "rabbitmq-env.conf": "",  # else the one of an installed RabbitMQ would be read
        ".erlang.cookie": known["cookie"],
    }
    for name, text in files.items():
        file = home / name
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(text)


def _environment(home: Path, known: dict[str, Any]) -> dict[str, str]:
    return {
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "RUNNING_UNDER_SYSTEMD": "true",  # makes the script become the node instead of watching over it
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(known["epmd"]),
        "ERL_INETRC": str(home / "erl_inetrc"),
        "ERL_CRASH_DUMP_SECONDS": "0",  # a dump holds messages, and messages hold personal data
        "RABBITMQ_NODENAME": f"{known['node']}@localhost",
        "RABBITMQ_DIST_PORT": str(known["distribution"]),
        "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ERLANG_ARGUMENTS,
    }


def _health_url(known: dict[str, Any]) -> str:
    return f"{_management_url(known)}/api/health/checks/port-listener/{known['amqp']}"


def _management_url(known: dict[str, Any]) -> str:
    return f"http://lethe:{known['password']}@{LOOPBACK}:{known['management']}"


def _server(known: dict[str, Any], pid: int) -> RabbitServer:
    amqp_url = f"amqp://lethe:{known['password']}@{LOOPBACK}:{known['amqp']}/"
    return RabbitServer(amqp_url, _management_url(known), pid)
