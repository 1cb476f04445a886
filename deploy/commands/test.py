"""`./lethe test`: linters, types, architecture and every test, three kinds side by side."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.commands.console import one_sentence_per_failure
from deploy.local.folders import PROJECT
from deploy.local.ports import OUR_PORTS, RANGE
from deploy.local.servers import servers_of_tests

WRONG_USE = 2
SIDE_BY_SIDE = 3
"""On two cores, of which three kinds leave a tenth idle (measured)."""
CONTAINERS = "LETHE_TEST_CONTAINERS"
"""Tells the tests to take their servers from a container engine."""
ON_CONTAINERS = ("contract", "integration", "end_to_end")
SERVERS = "LETHE_TEST_SERVERS"
"""Tells the tests which servers run already: a JSON object, its mailbox folder as text."""


@dataclass(frozen=True)
class Kind:
    """One kind of check and the seconds it may take on two cores, two others beside it."""

    name: str
    command: tuple[str, ...]
    budget_s: float
    needs_servers: bool = False


@dataclass(frozen=True)
class Finished:
    """How a kind ended, and what it printed."""

    kind: Kind
    passed: bool
    seconds: float
    output: str


def _python(name: str, *command: str, budget_s: float) -> Kind:
    return Kind(name, (sys.executable, "-m", *command), budget_s)


def _tests(folder: str, budget_s: float, *, needs_servers: bool = True) -> Kind:
    return Kind(folder, (sys.executable, "-m", "pytest", "-q", f"tests/{folder}"), budget_s, needs_servers)


LONG, SHORT = ("privacy", "gateway", "licensing"), ("identity", "marketing", "servers")
# The longest first: what is short fills the gaps at the end.
KINDS = (
    _python("lint", "ruff", "check", ".", budget_s=10),
    _python("format", "ruff", "format", "--check", ".", budget_s=10),
    _tests("end_to_end", 480),
    _tests("faults", 480),
    _tests("integration/kit", 480),
    *(_tests(f"integration/{part}", 300) for part in LONG),
    _tests("contract", 240),
    *(_tests(f"integration/{part}", 300) for part in SHORT),
    _python("types", "mypy", budget_s=90),
    _tests("unit", 60, needs_servers=False),
    _tests("architecture", 60, needs_servers=False),
)
DEEP = _python("guards", "tests.guards", budget_s=7200)


def run_tests(
    kinds: Annotated[
        list[str] | None, typer.Argument(help="Only these kinds, or their parts (integration/kit); all when left out.")
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="More rounds, larger populations, and every guard broken once.")
    ] = False,
    containers: Annotated[
        bool, typer.Option("--containers", help="Contract, integration and end_to_end on servers in containers.")
    ] = False,
) -> None:
    """Run the checks, three kinds side by side on servers they share; exits with 1 when one fails.

    A kind over its time budget is said aloud and fails nothing: how long it takes is the machine's affair too.
    Containers come from whatever engine answers Docker's API (DOCKER_HOST).
    """
    every: tuple[Kind, ...] = (*KINDS, DEEP) if deep else KINDS
    if containers:
        every = tuple(kind for kind in KINDS if _asked(kind, ON_CONTAINERS))
        _require_engine()
    if unknown := [name for name in kinds or () if not any(_asked(kind, [name]) for kind in every)]:
        names = ", ".join(kind.name for kind in every)
        typer.echo(f"lethe: no such kind: {', '.join(sorted(unknown))}; there are: {names}", err=True)
        raise typer.Exit(WRONG_USE)
    chosen = [kind for kind in every if not kinds or _asked(kind, kinds)]
    began = time.monotonic()
    with one_sentence_per_failure(), _shared_servers([] if containers else chosen) as servers:
        environment = os.environ | servers | ({"LETHE_TEST_DEEP": "1"} if deep else {})
        environment |= {CONTAINERS: "1"} if containers else {}
        finished = _run_all(chosen, environment)
    Console().print(_table(chosen, finished, time.monotonic() - began))
    if not all(each.passed for each in finished.values()):
        raise typer.Exit(1)


def _asked(kind: Kind, names: Sequence[str]) -> bool:
    """Whether one of the names is the kind's, or that of the whole it is a part of."""
    return kind.name in names or kind.name.partition("/")[0] in names


def _require_engine() -> None:
    """Exit where no container engine answers, with the sentence that says so."""
    done = subprocess.run([sys.executable, "-m", "tests.containers"], cwd=PROJECT, check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


@contextmanager
def _shared_servers(chosen: Sequence[Kind]) -> Iterator[dict[str, str]]:
    """The private servers for all kinds; in containers each kind has its own."""
    if SERVERS in os.environ or not any(kind.needs_servers for kind in chosen):
        yield {}
        return
    with servers_of_tests(tell=lambda line: typer.echo(line, err=True)) as servers:
        yield {SERVERS: json.dumps(asdict(servers), default=str)}


def _run_all(chosen: Sequence[Kind], environment: dict[str, str]) -> dict[str, Finished]:
    """Run the kinds, and print what each said when it ends."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    finished: dict[str, Finished] = {}
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    with progress, ThreadPoolExecutor(SIDE_BY_SIDE) as pool, _all_or_nothing(pool) as started:
        for future in as_completed([pool.submit(_run, kind, environment, progress, started) for kind in chosen]):
            each = future.result()
            finished[each.kind.name] = each
            typer.echo(f"── {each.kind.name} (budget {each.kind.budget_s:.0f} s)\n{each.output.rstrip()}")
    return finished


@dataclass
class Started:
    """The processes of a run. One that starts while the run is being ended is ended as well."""

    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    ended: bool = False

    def add(self, process: subprocess.Popen[str]) -> None:
        self.processes.append(process)
        if self.ended:
            process.terminate()

    def end(self) -> None:
        self.ended = True
        for process in self.processes:
            process.terminate()


@contextmanager
def _all_or_nothing(pool: ThreadPoolExecutor) -> Iterator[Started]:
    """Where kinds note their processes. Whoever ends the run (a signal, Ctrl-C) ends them, and no other one begins."""
    started = Started()
    try:
        yield started
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        started.end()
        raise


def _run(kind: Kind, environment: dict[str, str], progress: Progress, started: Started) -> Finished:
    task, began = progress.add_task(kind.name, total=None), time.monotonic()
    own = environment | {RANGE: ports_of(kind)}
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(  # noqa: S603 constants
            kind.command, cwd=PROJECT, env=own, stdout=output, stderr=subprocess.STDOUT, text=True
        )
        started.add(process)
        passed = process.wait() == 0
        output.seek(0)
        text = output.read()
    progress.remove_task(task)
    return Finished(kind, passed, time.monotonic() - began, text)


def ports_of(kind: Kind) -> str:
    """Ports that no other kind picks, so that a system which is down for a moment finds its own again."""
    every = (*KINDS, DEEP)
    share = (OUR_PORTS[1] - OUR_PORTS[0]) // len(every)
    first = OUR_PORTS[0] + every.index(kind) * share
    return f"{first}-{first + share - 1}"


def _table(chosen: Sequence[Kind], finished: dict[str, Finished], seconds: float) -> Table:
    table = Table("kind", "result", "seconds", "budget", caption=f"{seconds:.0f} s in all")
    for kind in chosen:
        each = finished[kind.name]
        late = " over budget" if each.seconds > kind.budget_s else ""
        result = ("passed" if each.passed else "FAILED") + late
        table.add_row(kind.name, result, f"{each.seconds:.1f}", f"{kind.budget_s:.0f}")
    return table
