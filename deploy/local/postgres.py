"""A private PostgreSQL 18: the binaries of a Python wheel, run by nobody but us, on loopback."""

import signal
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from deploy.local import processes
from deploy.local.folders import StartError, private_folder, remember, remembered, require_space
from deploy.local.ports import LOOPBACK, accepts, remembered_ports, require_free
from deploy.local.postgres_cluster import binaries, environment_of, make_cluster, settings_of, unprivileged

NAME = "postgres"
READY_WITHIN_S = 120.0  # recovery after a kill may have a lot of log to replay
STOP_WITHIN_S = 60.0


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
    data, password, port = home / "data", _password(home), remembered_ports(home, ["postgres"])["postgres"]
    settings = settings_of(port, durable=durable)
    pid = processes.running(folder, NAME)
    if not pid or not accepts(port) or (data / "postgresql.conf").read_text() != settings:
        stop(folder)
        require_space(folder)
        require_free(home, "private PostgreSQL")
        if not data.exists():
            make_cluster(home, password, durable=durable)
        (data / "postgresql.conf").write_text(settings)
        pid = _run(folder, data)
    return PostgresServer(LOOPBACK, port, f"postgresql://postgres:{password}@{LOOPBACK}:{port}/postgres", pid)


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


def _run(folder: Path, data: Path) -> int:
    _forget_dead_postmaster(data)
    argv = [*unprivileged(data), str(binaries() / "postgres"), "-D", str(data)]
    pid = processes.start(folder, NAME, argv, environment_of(data))

    def settled() -> bool:
        return _says_ready(data, pid) or processes.running(folder, NAME) is None

    if not processes.poll(settled, READY_WITHIN_S) or processes.running(folder, NAME) is None:
        stop(folder)
        reason = processes.last_words(folder, NAME, ("FATAL", "PANIC", "rror"))
        raise StartError(f"PostgreSQL did not start ({reason}): look into {folder / 'logs' / 'postgres.log'}.")
    return pid


def _says_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return bool(lines) and lines[0].strip() == str(pid) and lines[-1].strip() == "ready"


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
        raise StartError(f"A PostgreSQL that was started by other means uses {data}: end process {pid} first.")
    file.unlink()


def _password(home: Path) -> str:
    file = home / "secrets.json"
    if not file.exists():
        remember(file, {"password": token_urlsafe(24)})
    return str(remembered(file)["password"])
