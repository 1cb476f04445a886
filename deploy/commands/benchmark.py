"""`./lethe benchmark`: figures as ratios, taken in one run on this machine."""

import asyncio
import json
import shutil
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from deploy.benchmark import erasure as measurements
from deploy.benchmark import events as reactions
from deploy.benchmark import evidence, request_path, retention
from deploy.benchmark import licensing as keys
from deploy.benchmark import outbox as relaying
from deploy.benchmark import rights as desk
from deploy.commands.console import Json, one_sentence_per_failure
from deploy.local import servers, start, system
from deploy.local.folders import STATE, Tell, alone

app = typer.Typer(help="Measure Lethe against bare SQL on the same databases.", no_args_is_help=True)

FOLDER = STATE / "benchmark"
RUNS = "Another ./lethe benchmark is running, and two would slow each other down: wait until it is done."
SETTINGS = {"LETHE_COOLING_OFF_S": "0", "LETHE_LOG_LEVEL": "WARNING"}
LIMITS = {
    "bulk ratio": "at least 0.8",
    "single ratio": "at most 3",
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
    sizes = [int(size) for size in growth.split(",") if size]

    def measure(tell: Tell) -> dict[str, Any]:
        running = start.up(FOLDER, tell=tell, settings=SETTINGS)
        return asyncio.run(measurements.run(running, people=people, sizes=sizes, spread=spread, tell=tell))

    measured = _alone(measure)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_table(measured))


@app.command()
def outbox(
    backlog: Annotated[int, typer.Option(min=1_000, help="How many events wait at the beginning.")] = 1_000_000,
    as_json: Json = False,
) -> None:
    """Relay a backlog of events and a few; print both rates and their ratio, whose goal is 0.5 at least."""

    def measure(tell: Tell) -> dict[str, Any]:
        running = servers.running_servers(FOLDER, tell=tell)
        return asyncio.run(relaying.run(running, FOLDER, backlog, tell))

    measured = _alone(measure)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_outbox_table(measured))


@app.command()
def events(
    messages: Annotated[int, typer.Option(min=100, help="How many messages each side takes in a round.")] = 3_000,
    as_json: Json = False,
) -> None:
    """React to events through the kit and by bare FastStream; print the rates and their ratios."""

    def measure(tell: Tell) -> dict[str, Any]:
        running = servers.running_servers(FOLDER, tell=tell)
        return uvloop.run(reactions.run(running, FOLDER, messages, tell))  # as services run

    measured = _alone(measure)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_events_table(measured))


@app.command("requests")
def requests(
    seconds: Annotated[float, typer.Option(min=0.4, help="How long each figure is taken.")] = 8.0, as_json: Json = False
) -> None:
    """Ask through gateway, broker and service, and a plain FastAPI program; print the ratios."""

    def measure(tell: Tell) -> dict[str, Any]:
        running = start.up(FOLDER, tell=tell, settings=SETTINGS | request_path.SETTINGS)
        return asyncio.run(request_path.run(running, seconds=seconds, tell=tell))

    measured = _alone(measure)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_requests_table(measured))


@app.command()
def licensing(
    licenses: Annotated[int, typer.Option(min=1_000, help="How many licenses there are.")] = 100_000,
    seconds: Annotated[float, typer.Option(min=0.4, help="How long each rate is taken.")] = 8.0,
    as_json: Json = False,
) -> None:
    """Validate keys beside a plain FastAPI program, and let 50 devices want one seat; print the rates."""

    def measure(tell: Tell) -> dict[str, Any]:
        running = start.up(FOLDER, tell=tell, settings=SETTINGS | request_path.SETTINGS)
        return asyncio.run(keys.run(running, licenses, seconds, tell))

    measured = _alone(measure)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_licensing_table(measured))


@app.command()
def rights(as_json: Json = False) -> None:
    """Copy, restrict and search for what is left; print how long it takes until every service has done its part."""

    def measure(tell: Tell) -> dict[str, Any]:
        running = start.up(FOLDER, tell=tell, settings=SETTINGS)
        return asyncio.run(desk.run(running, tell))

    measured = _alone(measure)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_rights_table(measured))


@app.command("evidence")
def entries(
    count: Annotated[int, typer.Option("--entries", min=10_000, help="How many entries the log gets.")] = 1_000_000,
    as_json: Json = False,
) -> None:
    """Fill the log of evidence, prove entries of it and check the proofs; print how long each takes."""

    def measure(tell: Tell) -> dict[str, Any]:
        running = servers.running_servers(FOLDER, tell=tell)
        return asyncio.run(evidence.run(running, FOLDER, count, tell))

    measured = _alone(measure)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_evidence_table(measured))


@app.command("retention")
def ends(
    rows: Annotated[int, typer.Option(min=10_000, help="How many rows there are.")] = 1_000_000,
    due: Annotated[int, typer.Option(min=100, help="How many of them are over.")] = 50_000,
    as_json: Json = False,
) -> None:
    """End what is over by a retention run and by bare SQL; print the ratio, whose goal is 0.5, and the longest lock."""

    def measure(tell: Tell) -> dict[str, Any]:
        running = servers.running_servers(FOLDER, tell=tell)
        return asyncio.run(retention.run(running, FOLDER, rows, due, tell))

    measured = _alone(measure)
    typer.echo(json.dumps(measured)) if as_json else Console().print(_retention_table(measured))


def _retention_table(found: dict[str, Any]) -> Table:
    table = Table("figure", "measured", "goal", title=f"Retention: {found['due']} of {found['rows']} rows")
    table.add_row("a run", f"{found['seconds']} s", "")
    table.add_row("bare SQL", f"{found['bare_seconds']} s", "")
    table.add_row("ratio", str(found["ratio"]), "at least 0.5")
    table.add_row("the longest lock", f"{found['longest_lock_ms']} ms", "under 200 ms")
    return table


def _evidence_table(found: dict[str, Any]) -> Table:
    table = Table("figure", "measured", title=f"Evidence: {found['entries']} entries")
    table.add_row("noted by the trigger, a second", str(found["note_per_second"]))
    table.add_row("added to the log, a second", str(found["append_per_second"]))
    table.add_row("the last tenth, in times of the first", str(found["growth"]))
    table.add_row("one proof, ms", str(found["prove_ms"]))
    table.add_row("checking it, ms", str(found["verify_ms"]))
    return table


def _alone(measure: Callable[[Tell], dict[str, Any]]) -> dict[str, Any]:
    """Measure in a fresh folder, while no other benchmark runs; progress goes to standard error."""
    began = time.monotonic()
    quiet = Console(stderr=True)

    def tell(line: str) -> None:
        quiet.print(f"{time.monotonic() - began:6.1f} s  {line}")

    with one_sentence_per_failure(), alone(STATE / "run" / "benchmark", RUNS):
        system.down(FOLDER)  # what a killed benchmark left running
        shutil.rmtree(FOLDER, ignore_errors=True)
        try:
            return measure(tell)
        finally:
            system.down(FOLDER)


def _requests_table(found: dict[str, Any]) -> Table:
    table = Table("request", "at a time", "rate, plain", "ratio", "limit", "p50, plain", "ratio", title="Requests")
    for name, by_clients in found.items():
        for clients, each in by_clients.items():
            rate = f"{each['per_second']:.0f} of {each['plain_per_second']:.0f} a second"
            p50 = f"{each['p50_ms']} of {each['plain_p50_ms']} ms"
            table.add_row(name, clients, rate, f"{each['ratio']}", f"{each['limit']}", p50, f"{each['p50_ratio']}")
    table.caption = (
        "goals: rate at least 0.5, p50 at most 2. Limit: of a plain program behind one bare question over the broker"
    )
    return table


def _licensing_table(found: dict[str, Any]) -> Table:
    validated, activated = found["validate"], found["activate_contended"]
    table = Table("figure", "measured", "goal", title=f"Licensing: {found['licenses']} licenses")
    table.add_row("validations a second", str(validated["per_second"]), "")
    table.add_row("of a plain program", str(validated["direct_per_second"]), "")
    table.add_row("ratio", str(validated["ratio"]), "at least 0.5")
    table.add_row("a validation, p95", f"{validated['p95_ms']} ms", "")
    table.add_row(f"activations a second, {activated['clients']} at one seat", str(activated["per_second"]), "")
    table.add_row("licenses with a device too many", str(activated["over_limit"]), "0")
    return table


def _rights_table(measured: dict[str, Any]) -> Table:
    copied, memory, restricted = (measured[name] for name in ("access", "access_memory_mb", "restriction"))
    applied, searched = measured["block_effect"], measured["trace_scan"]
    table = Table("what", "measured", "goal", title="Rights")
    table.add_row(f"copy of {copied['rows']} rows", f"{copied['seconds']} s", "under 1 s")
    for rows, grew in memory.items():
        table.add_row(f"memory with a copy of {rows} rows", f"{grew} MB more", "flat")
    table.add_row(f"{restricted['people']} restrictions", f"{restricted['seconds']} s", "under 5 s")
    table.add_row("one restriction, p95", f"{applied['p95_ms']} ms", "under 1000 ms")
    for cases, seconds in searched["seconds"].items():
        table.add_row(f"search of {searched['rows']} rows for {cases}", f"{seconds} s", "")
    table.add_row("ratio of the searches", str(searched["ratio"]), "at most 2")
    return table


def _events_table(measured: dict[str, Any]) -> Table:
    table = Table("reaction", "events a second", "to a bare INSERT", "to an acknowledgement", title="Events")
    for side in ("plain", "batched"):
        ratios = (str(measured[f"{side}_ratio"]), str(measured[f"{side}_ratio_to_acknowledged"]))
        table.add_row(side, str(measured[f"{side}_per_second"]), *ratios)
    table.add_row("bare FastStream, the INSERT", str(measured["bare_per_second"]), "", "")
    table.add_row("bare FastStream, nothing", str(measured["acknowledged_per_second"]), "", "")
    table.caption = "goal: at least 0.7 of the bare INSERT"
    return table


def _outbox_table(measured: dict[str, Any]) -> Table:
    table = Table("what", "measured", "goal", title="Outbox")
    table.add_row("backlog", str(measured["backlog"]), "")
    table.add_row("events a second", str(measured["per_second"]), "")
    table.add_row("events a second when nearly empty", str(measured["per_second_when_empty"]), "")
    table.add_row("ratio", str(measured["ratio"]), "at least 0.5")
    return table


def _table(found: dict[str, Any]) -> Table:
    bulk, single, many, growth = found["bulk"], found["single"], found["concurrent"], found["growth"]
    table = Table("what", "measured", "goal", title="Erasure")
    table.add_row(
        "bulk ratio", f"{bulk['ratio']} ({bulk['bare_seconds']} s bare, {bulk['seconds']} s)", LIMITS["bulk ratio"]
    )
    table.add_row("single ratio", f"{single['ratio']} ({single['bare_p50_ms']} ms bare)", LIMITS["single ratio"])
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
