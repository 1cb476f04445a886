"""Child processes that are started, found again and ended by their own id."""

import http.client
import os
import shutil
import signal
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil

from deploy.local.folders import StartError, private_folder, remember, remembered

STOP_WITHIN_S = 20.0
KILLED_WITHIN_S = 10.0
POLL_INTERVAL_S = 0.02
REQUEST_TIMEOUT_S = 2.0


def start(
    folder: Path, name: str, argv: Sequence[str], env: Mapping[str, str], *, dies_with_parent: bool = False
) -> int:
    """Start a process in a session of its own, its output in `logs/<name>.log`; return its id."""
    if dies_with_parent:
        # The kernel sends the signal, so it arrives even after a kill -9 of the parent. It watches the
        # thread that started the child: call this from a thread that lives as long as the process.
        argv = ["setpriv", "--pdeathsig", "TERM", *argv]
    program = shutil.which(argv[0], path=env.get("PATH", os.defpath))
    if program is None:
        raise StartError(f"The program {argv[0]} is missing on this machine: install it.")
    log = _fresh_log(folder, name)
    pid = os.posix_spawn(
        program,
        list(argv),
        dict(env),
        setsid=True,  # Ctrl-C at the terminal reaches the parent only, which stops the rest in order
        setsigdef=[signal.SIGINT, signal.SIGPIPE],
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )
    remember(_pid_file(folder, name), {"pid": pid, "started": _start_of(pid)})
    return pid


def running(folder: Path, name: str) -> int | None:
    """Return the id of the process started under this name if it still runs."""
    known = remembered(_pid_file(folder, name))
    return known["pid"] if known and known["started"] and known["started"] == _start_of(known["pid"]) else None


def stop(folder: Path, name: str, *, with_signal: int = signal.SIGTERM, within_s: float = STOP_WITHIN_S) -> None:
    """Ask a process to end and kill it, children included, when it does not in time."""
    pid = running(folder, name)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, with_signal)
        if not poll(lambda: running(folder, name) is None, within_s):
            kill(folder, name)
    _pid_file(folder, name).unlink(missing_ok=True)


def kill(folder: Path, name: str) -> None:
    """End a process and all its children with SIGKILL."""
    pid = running(folder, name)
    if pid is None:
        return
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        tree = [parent, *parent.children(recursive=True)]
        for each in tree:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        poll(lambda: not any(_start_of(each.pid) for each in tree), KILLED_WITHIN_S)
    _pid_file(folder, name).unlink(missing_ok=True)


def poll(done: Callable[[], bool], within_s: float) -> bool:
    """Ask until the answer is yes or the time is up; return the last answer."""
    deadline = time.monotonic() + within_s
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_INTERVAL_S)
    return True


def wait_ready(url: str, within_s: float, alive: Callable[[], bool] = lambda: True) -> None:
    """Wait until the address answers with a 2xx; raise when it does not, or when the process has died."""
    if not poll(lambda: answers(url) or not alive(), within_s) or not alive():
        place = urlsplit(url)
        state = f"does not answer within {within_s:.0f} s" if alive() else "has ended"
        raise StartError(f"What should answer on {place.hostname}:{place.port} {state}: look into its log.")


def answers(url: str) -> bool:
    """Tell whether a GET of the address (with the credentials in it) is answered with a 2xx."""
    place = urlsplit(url)
    credentials = f"{unquote(place.username or '')}:{unquote(place.password or '')}".encode()
    headers = {"Authorization": f"Basic {b64encode(credentials).decode()}"} if place.username else {}
    # http.client, as nothing else here is sure to ignore the proxy settings of the environment.
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=REQUEST_TIMEOUT_S)
    try:
        connection.request("GET", f"{place.path or '/'}?{place.query}", headers=headers)
        return connection.getresponse().status // 100 == 2  # noqa: PLR2004
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def last_words(folder: Path, name: str, marks: Sequence[str]) -> str:
    """Return the last line of the log that carries one of the marks, to say why a start failed."""
    with suppress(FileNotFoundError):
        lines = log_file(folder, name).read_text(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if any(mark in line for mark in marks)), "")
    return ""


def _start_of(pid: int) -> str | None:
    """Name this very process: a later one with the same id has another start; a zombie counts as ended."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, ticks_since_boot = fields[0], int(fields[17]), fields[19]
    # The first thread of a killed process may be gone while others still hold its ports.
    return None if state in "ZX" and threads <= 1 else f"{boot}:{ticks_since_boot}"


def log_file(folder: Path, name: str) -> Path:
    """Where the output of a process goes."""
    return folder / "logs" / f"{name}.log"


def _fresh_log(folder: Path, name: str) -> Path:
    private_folder(folder / "logs")
    log = log_file(folder, name)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return log


def _pid_file(folder: Path, name: str) -> Path:
    return folder / "run" / f"{name}.json"
