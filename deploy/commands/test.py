"""`./lethe test`: linters, types, architecture and every test, each kind with a time budget."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.folders import PROJECT


@dataclass(frozen=True)
class Kind:
    """One kind of check and the seconds it may take on two cores."""

    name: str
    command: tuple[str, ...]
    budget_s: float


WRONG_USE = 2


def _tests(folder: str, budget_s: float) -> Kind:
    return Kind(folder, (sys.executable, "-m", "pytest", "-q", f"tests/{folder}"), budget_s)


KINDS = (
    Kind("lint", (sys.executable, "-m", "ruff", "check", "."), 10),
    Kind("format", (sys.executable, "-m", "ruff", "format", "--check", "."), 10),
    Kind("types", (sys.executable, "-m", "mypy"), 60),
    _tests("architecture", 30),
    _tests("unit", 40),
    _tests("contract", 90),
    _tests("integration", 270),
    _tests("end_to_end", 220),
    _tests("faults", 200),
)


def run_tests(
    kinds: Annotated[list[str] | None, typer.Argument(help="Only these kinds; all when left out.")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="More rounds and larger populations; no time budget.")] = False,
) -> None:
    """Run the checks; exits with 1 when one fails.

    A kind over its time budget is said aloud and fails nothing: how long it takes is the machine's affair too.
    """
    chosen = [kind for kind in KINDS if not kinds or kind.name in kinds]
    if set(kinds or ()) - {kind.name for kind in KINDS}:
        typer.echo(f"lethe: no such kind; there are: {', '.join(kind.name for kind in KINDS)}", err=True)
        raise typer.Exit(WRONG_USE)
    took: dict[str, tuple[bool, float]] = {}
    for kind in chosen:
        typer.echo(f"── {kind.name} (budget {kind.budget_s:.0f} s)")
        began = time.monotonic()
        environment = os.environ | ({"LETHE_TEST_DEEP": "1"} if deep else {})
        done = subprocess.run(kind.command, cwd=PROJECT, env=environment, check=False)  # noqa: S603 constants
        took[kind.name] = (done.returncode == 0, time.monotonic() - began)
    Console().print(_table(chosen, took))
    if not all(passed for passed, _ in took.values()):
        raise typer.Exit(1)


def _table(chosen: list[Kind], took: dict[str, tuple[bool, float]]) -> Table:
    table = Table("kind", "result", "seconds", "budget")
    for kind in chosen:
        passed, seconds = took[kind.name]
        late = " over budget" if seconds > kind.budget_s else ""
        table.add_row(kind.name, ("passed" if passed else "FAILED") + late, f"{seconds:.1f}", f"{kind.budget_s:.0f}")
    return table
