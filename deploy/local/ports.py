"""Loopback ports: pick free ones, and tell who holds one that is not."""

import atexit
import contextlib
import os
import random
import socket
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import psutil

from deploy.local.folders import StartError, remember, remembered

LOOPBACK = "127.0.0.1"
# Remembered ports must lie below those that the kernel lends to outgoing connections (from 32768 on), or
# any client on this machine might hold one when its server starts again.
OUR_PORTS = (20_000, 32_000)
RANGE = "LETHE_PORTS"
"""Narrows them to `<first>-<last>`: a port that is remembered but not listened on looks free to another system."""
MOST_PORTS = 65_536
PORTS_FILE = "ports.json"
claims = contextlib.ExitStack()
atexit.register(claims.close)


def remembered_ports(home: Path, names: Sequence[str]) -> dict[str, int]:
    """Return the ports of a server by name: chosen once, then always the same."""
    file = home / PORTS_FILE
    known: dict[str, int] = remembered(file)
    missing = [name for name in names if name not in known]
    if missing:
        known |= dict(zip(missing, free_ports(len(missing)), strict=True))
        remember(file, known)
    return known


def free_ports(count: int) -> list[int]:
    """Pick ports that nobody uses and nobody else picks while this process lives: its servers may be slow to start."""
    ours = _our_ports()
    candidates = random.sample(ours, k=len(ours))
    free = list(islice((port for port in candidates if _claim(port)), count))
    if len(free) < count:
        raise StartError(f"No port between {ours.start} and {ours.stop} is free: stop what uses them.")
    return free


def _our_ports() -> range:
    if not (narrowed := os.environ.get(RANGE)):
        return range(*OUR_PORTS)
    first, _, last = narrowed.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 0 < int(first) <= int(last) < MOST_PORTS):
        raise StartError(f"{RANGE} is written <first>-<last>, as in 20000-21999.")
    return range(int(first), int(last) + 1)


def _claim(port: int) -> bool:
    """Bind without listening: no other claim succeeds then, while a server that sets SO_REUSEADDR can listen."""
    claim = socket.socket()
    try:
        claim.bind((LOOPBACK, port))
    except OSError:
        claim.close()
        return False
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    claims.enter_context(claim)
    return True


def require_free(home: Path, server: str) -> None:
    """Raise one clear sentence if something else listens on a remembered port of the server."""
    for port in remembered(home / PORTS_FILE).values():
        require_port(port, home, server)


def require_port(port: int, home: Path, server: str) -> None:
    """Raise one clear sentence if something listens on the port."""
    if not _is_free(port):
        raise StartError(
            f"Port {port} of the {server} is taken by {_holder(port)}: stop it, "
            f"or delete {home / PORTS_FILE} after `./lethe down` to have others chosen."
        )


def accepts(port: int) -> bool:
    """Tell whether something accepts connections on the port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        # As the servers do: a port whose old connections linger in TIME_WAIT counts as free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    try:
        listeners = [each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
        pid = next((each.pid for each in listeners if getattr(each.laddr, "port", None) == port and each.pid), None)
        return f"{psutil.Process(pid).name()} (process {pid})" if pid else "another process"
    except psutil.Error:
        return "another process"
