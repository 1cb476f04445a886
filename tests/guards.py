"""Every guard, broken once: `./lethe test --deep guards` applies each mutation of guards.toml in a scratch copy
and sees the test of its row fail.

A guard is a line against something that must never happen. Its row says which, what breaks it, and the test that
notices: `python -m tests.guards WORD...` runs the rows whose guard, file or test contains one of the words.

Each test runs in a process forked from one that has loaded the libraries and nothing of the project: importing them
took most of a row's time.
"""

import compileall
import json
import multiprocessing
import os
import queue
import shutil
import sys
import tempfile
import threading
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.local.folders import PROJECT, STATE
from deploy.local.servers import running_servers, stop_servers

FILE = Path(__file__).with_suffix(".toml")
PACKAGES = ("shared", "services", "deploy", "tests", "docs")
FILES = ("pyproject.toml", "README.md", "lethe", "requirements.lock", ".gitignore")
SIDE_BY_SIDE = 2
LIMIT_S = 600
PATIENCE_S = "20"  # here each wait is expected to end so
FAILED = 1  # of pytest: tests ran and some failed
LIBRARIES = [
    *("pytest_asyncio", "hypothesis", "schemathesis", "httpx", "aio_pika", "asyncpg", "faststream.rabbit", "fastapi"),
    *("uvicorn", "alembic.command", "jwt", "cryptography.x509", "structlog", "holidays", "opentelemetry.trace"),
    *("typer.testing", "rich.progress", "aiosmtplib", "aiosmtpd.smtp", "prometheus_client", "stdnum", "pycountry"),
]
forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload(LIBRARIES)
starting = threading.Lock()


@dataclass(frozen=True)
class Guard:
    """One row: what is guarded, the text in a file that does it, what breaks it, the test that notices."""

    guard: str
    file: str
    find: str
    replace: str
    test: str

    @property
    def fault(self) -> str | None:
        """Why the row can't be applied any more."""
        path = PROJECT / self.file
        if not path.exists():
            return f"{self.guard}: {self.file} is gone"
        if (count := path.read_text().count(self.find)) != 1:
            return f"{self.guard}: its text stands {count} times in {self.file}"
        file, _, name = self.test.partition("::")
        if name and f"def {name.partition('[')[0]}(" not in (PROJECT / file).read_text():
            return f"{self.guard}: there is no test {self.test}"
        return None


def rows(words: Sequence[str] = ()) -> list[Guard]:
    """The table, or those rows that contain one of the words."""
    table = [Guard(**row) for row in tomllib.loads(FILE.read_text())["guard"]]
    return [row for row in table if not words or any(word in f"{row.guard} {row.file} {row.test}" for word in words)]


def main(words: Sequence[str]) -> int:
    """Break every guard, or those that a word names; the exit code is 1 when a test did not notice."""
    chosen, console = rows(words), Console()
    with _servers() as environment, _copies() as copies, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        work = [pool.submit(_outcome, row, copies, environment) for row in chosen]
        done = track(as_completed(work), "breaking guards", total=len(work), console=Console(stderr=True))
        unnoticed = []
        for outcome in (outcome for future in done if (outcome := future.result())):
            unnoticed.append(outcome)
            console.print(f"unnoticed: {outcome[0].guard}", soft_wrap=True)
    table = Table("guard", "test", "what happened", title=f"{len(chosen)} guards, {len(unnoticed)} unnoticed")
    for row, happened in unnoticed:
        table.add_row(row.guard, row.test, happened)
    console.print(table)
    return FAILED if unnoticed else 0


def _outcome(row: Guard, copies: "queue.Queue[Path]", environment: dict[str, str]) -> tuple[Guard, str] | None:
    """Apply a mutation and run its test; None when the test failed as it should."""
    if row.fault:
        return row, row.fault
    copy = copies.get()
    file = copy / row.file
    before = file.read_text()
    try:
        file.write_text(before.replace(row.find, row.replace))
        own = environment | {"LETHE_STATE": str(copy / ".lethe"), "LETHE_TEST_PATIENCE_S": PATIENCE_S}
        happened = _tested(copy, row.test, own)
    finally:
        file.write_text(before)
        copies.put(copy)
    return (row, happened) if happened else None


def _tested(copy: Path, test: str, environment: dict[str, str]) -> str:
    """Run a test in a copy: what happened in place of its failing. One that hangs has noticed."""
    with tempfile.TemporaryDirectory() as folder:
        printed, ended = Path(folder, "printed"), Path(folder, "ended")
        process = forking.Process(target=_test, args=(copy, test, environment, printed, ended))
        with starting:
            process.start()
        process.join(LIMIT_S)
        if process.is_alive():
            process.kill()
            return ""
        # Read from a file: whoever of two threads asks second for an exit code is told none.
        code = int(ended.read_text()) if ended.exists() else None
        return "" if code == FAILED else f"pytest ended with {code}: {printed.read_text().strip().splitlines()[-1:]}"


def _test(copy: Path, test: str, environment: dict[str, str], printed: Path, ended: Path) -> None:
    """In the child: leave the project for its copy, and run the test there."""
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = True  # a mutation is as old as its second, and as long as what it replaces
    stream = os.open(printed, os.O_WRONLY | os.O_CREAT)
    for number in (1, 2):
        os.dup2(stream, number)
    os.chdir(copy)
    sys.path[:] = [str(copy), *(path for path in sys.path if path and Path(path) != PROJECT)]
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        del sys.modules[name]
    loaded = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
    code = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-W", loaded, test])
    ended.write_text(str(int(code)))
    os._exit(code)


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """Servers that all rows share."""
    if "LETHE_TEST_SERVERS" in os.environ:
        yield dict(os.environ)
        return
    folder = STATE / "guards"
    try:
        servers = running_servers(folder, durable=False)
        yield os.environ | {"LETHE_TEST_SERVERS": json.dumps(asdict(servers), default=str)}
    finally:
        stop_servers(folder)


@contextmanager
def _copies() -> "Iterator[queue.Queue[Path]]":
    """Copies of the project that may be spoilt, one for each test at a time."""
    copies: queue.Queue[Path] = queue.Queue()
    with tempfile.TemporaryDirectory(prefix="lethe-guards-") as folder:
        for number in range(SIDE_BY_SIDE):
            copy = Path(folder, str(number))
            for package in PACKAGES:
                shutil.copytree(PROJECT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
            for name in FILES:
                shutil.copy(PROJECT / name, copy / name)
            compileall.compile_dir(copy, quiet=2, workers=SIDE_BY_SIDE)  # or each test would compile what it loads
            copies.put(copy)
        yield copies
        if sys.pycache_prefix:
            shutil.rmtree(sys.pycache_prefix + folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
