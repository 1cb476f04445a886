"""`./lethe benchmark`: figures as ratios, taken in one run on this machine."""

import asyncio
import json
import shutil
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.benchmark import erasure as measurements
from deploy.commands.console import Json, one_sentence_per_failure
from deploy.local import start, system
from deploy.local.folders import STATE, alone

app = typer.Typer(help="Measure Lethe against bare SQL on the same databases.", no_args_is_help=True)

FOLDER = STATE / "benchmark"
RUNS = "Another ./lethe benchmark is running, and two would slow each other down: wait until it is done."
SETTINGS = {"LETHE_COOLING_OFF_S": "0", "LETHE_LOG_LEVEL": "WARNING"}
LIMITS = {
    "bulk ratio": "at least 0.5, aim 0.8",
    "single p50": "under 60 ms",
    "single p95": "under 150 ms",
    "concurrent p95": "under 2000 ms",
    "growth": "within 20 %",
    "memory": "under 150 MB",
}


@app.callback()
def group() -> None:
    """Measure Lethe against bare SQL on the same databases."""


@app.command()
def erasure(
    people: Annotated[int, typer.Option(min=100, help="How many people the bulk erases on each side.")] = 20_000,
    growth: Annotated[str, typer.Option(help="Numbers of people present.")] = "1000,10000,100000",
    spread: Annotated[
        bool, typer.Option("--spread", help="Growth: pick the people from among all, not the newest ones.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Erase in bulk, one by one and from many clients; print a table, or one JSON object."""
    began = time.monotonic()
    quiet = Console(stderr=True)
    sizes = [int(size) for size in growth.split(",") if size]

    def tell(line: str) -> None:
        quiet.print(f"{time.monotonic() - began:6.1f} s  {line}")

    with one_sentence_per_failure(), alone(STATE / "run" / "benchmark", RUNS):
        system.down(FOLDER)  # what a killed benchmark left running
        shutil.rmtree(FOLDER, ignore_errors=True)
        try:
            running = start.up(FOLDER, tell=tell, settings=SETTINGS)
            measured = asyncio.run(measurements.run(running, people=people, sizes=sizes, spread=spread, tell=tell))
        finally:
            system.down(FOLDER)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_table(measured))


def _table(found: dict[str, Any]) -> Table:
    bulk, single, many, growth = found["bulk"], found["single"], found["concurrent"], found["growth"]
    table = Table("what", "measured", "goal", title="Erasure")
    table.add_row(
        "bulk ratio", f"{bulk['ratio']} ({bulk['bare_seconds']} s bare, {bulk['seconds']} s)", LIMITS["bulk ratio"]
    )
    table.add_row("people a second", f"{bulk['people'] / bulk['seconds']:.0f}", "")
    table.add_row("single p50", f"{single['p50_ms']} ms", LIMITS["single p50"])
    table.add_row("single p95", f"{single['p95_ms']} ms", LIMITS["single p95"])
    table.add_row("concurrent", f"{many['per_second']} cases a second", "")
    table.add_row("concurrent p95", f"{many['p95_ms']} ms", LIMITS["concurrent p95"])
    for size, cost in growth.items():
        table.add_row(f"growth at {size}", f"{cost} µs a person", LIMITS["growth"])
    for name, memory in found["memory_mb"].items():
        table.add_row(f"memory of {name}", f"{memory['idle']} MB idle, {memory['peak']} MB peak", LIMITS["memory"])
    return table
