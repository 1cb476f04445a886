"""`./lethe up`, `down`, `status`, `logs`: the system on this machine."""

import json
import os
import time
from collections import deque
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from deploy.commands.console import NOT_RUNNING, Json, one_sentence_per_failure
from deploy.local import system
from deploy.local.folders import STATE

TIMEOUT_S = 2.0


def up() -> None:
    """Start everything, keep it running in the background and print its addresses."""
    from deploy.local import start  # noqa: PLC0415 what the other commands need not load
    from deploy.register.services import require_known_recipients  # noqa: PLC0415

    began = time.monotonic()
    with one_sentence_per_failure():
        require_known_recipients(os.environ)
        running = start.up(tell=lambda line: typer.echo(f"{time.monotonic() - began:5.1f} s  {line}"))
    table = Table(title="Lethe is running", show_header=False)
    table.add_row("gateway", running.gateway_url)
    table.add_row("OpenAPI", f"{running.gateway_url}/openapi.json")
    for name in system.PROCESSES:
        table.add_row(f"{name} health", f"{running.health_url(name)}/health/ready")
    table.add_row("RabbitMQ", running.servers.management_url.rpartition("@")[2])
    table.add_row("mailbox", str(running.servers.mailbox_folder or "elsewhere"))
    Console().print(table)
    typer.echo("`./lethe status` shows how it is, `./lethe logs SERVICE` what it says, `./lethe down` stops it.")


def down() -> None:
    """Drain and stop everything; all data stays for the next start."""
    with one_sentence_per_failure():
        system.down()
    typer.echo("stopped; the data is kept")


def status(as_json: Json = False) -> None:
    """Tell how every process is; exit code 3 when one does not run or is not ready."""
    parts = system.running_parts()
    ready = {name: _ready(name) for name in system.PROCESSES}
    fine = all(parts.values()) and all(ready.values())
    if as_json:
        typer.echo(json.dumps({"ready": fine, "processes": parts, "checks": ready}))
    else:
        Console().print(_status_table(parts, ready))
    if not fine:
        raise typer.Exit(NOT_RUNNING)


def _ready(name: str) -> dict[str, bool] | None:
    port = system.known_ports(STATE).get(system.health_of(name))
    if port is None:
        return None
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=TIMEOUT_S, trust_env=False)
        checks: dict[str, bool] = answer.json()
    except (httpx.HTTPError, ValueError):  # somebody else may listen there
        return None
    return checks if answer.is_success else None


def _status_table(found: dict[str, int | None], ready: dict[str, dict[str, bool] | None]) -> Table:
    table = Table("process", "id", "ready")
    for name, pid in found.items():
        state = "" if name not in ready else "yes" if ready[name] else "no"
        table.add_row(name, str(pid or "stopped"), state)
    return table


def logs(
    service: Annotated[str, typer.Argument(help="One process; all when left out.")] = "",
    lines: Annotated[int, typer.Option(min=1, max=10_000, help="How many lines from the end.")] = 50,
) -> None:
    """Print the last log lines."""
    folder = STATE / "logs"
    known = sorted(file.stem for file in folder.glob("*.log")) if folder.exists() else []
    if service and service not in known:
        typer.echo(f"lethe: no log of {service}; there are: {', '.join(known) or 'none yet'}", err=True)
        raise typer.Exit(2)
    for name in [service] if service else known:
        with (folder / f"{name}.log").open(errors="replace") as file:
            for line in deque(file, maxlen=lines):
                typer.echo(f"{name}: {line.rstrip()}")
