"""The private state folder: who may read it, what is remembered in it, who may change it now."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# LETHE_STATE names another folder for everything that lasts: a second system beside the first, or another disk.
STATE = PROJECT / Path(os.environ.get("LETHE_STATE") or ".lethe").expanduser()
SOFTWARE = PROJECT / ".lethe" / "software"

MEGABYTE = 1024 * 1024
NEEDED_FREE_MB = 300

MEMORY = Path("/dev/shm")  # noqa: S108 a folder of our own in it, closed to others
ROOM_FOR_TESTS_MB = 4096


Tell = Callable[[str], None]


class StartError(RuntimeError):
    """A server cannot be started or stopped; the message says what to do next."""


def say_nothing(_: str) -> None:
    """For callers that show no progress."""


def state_of_tests() -> Path:
    """A folder of their own for the servers of tests, who delete it: in memory where there is room.

    A database is made in 0.03 s there and in 0.2 to 0.5 s on a disk (measured), and tests make hundreds.
    """
    if named := os.environ.get("LETHE_TEST_STATE"):
        return Path(named) / "lethe-tests"  # whoever named a folder keeps it with whatever else is there
    room = shutil.disk_usage(MEMORY).free // MEGABYTE if MEMORY.is_dir() else 0
    name = sha256(bytes(STATE)).hexdigest()[:12]
    return MEMORY / f"lethe-{os.getuid()}-{name}" if room > ROOM_FOR_TESTS_MB else STATE / "test"


def private_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise StartError(f"The folder {folder} cannot be made ({error.strerror}): make it writable.") from error
    return folder


def require_space(folder: Path) -> None:
    """Refuse to start on a disk so full that the servers would stop half-way."""
    free_mb = shutil.disk_usage(folder).free // MEGABYTE
    if free_mb < NEEDED_FREE_MB:
        raise StartError(
            f"Only {free_mb} MB are free on the disk of {folder}: make it {NEEDED_FREE_MB} MB and try again."
        )


def remembered(file: Path) -> dict[str, Any]:
    """Read what `remember` wrote; nothing if it was never written."""
    try:
        values: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StartError(f"{file} is not readable as JSON: delete it and start again.") from error
    return values


def remember(file: Path, values: dict[str, Any]) -> None:
    """Write values that survive a restart, readable by the owner only, wholly or not at all."""
    private_folder(file.parent)
    half = file.with_name(f".{file.name}.{os.getpid()}")
    half.touch(mode=0o600)
    half.write_text(json.dumps(values, indent=1))
    half.replace(file)


@contextmanager
def alone(folder: Path, sentence: str) -> Iterator[None]:
    """Hold the folder's lock; raise with the sentence if another process holds it."""
    with (private_folder(folder) / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(sentence) from None
        yield
