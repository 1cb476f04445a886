"""`./lethe consumers`: which reactions take messages, which rest and why, and what waits for another attempt."""

import json
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.commands import access
from deploy.commands.access import WRONG_USE
from deploy.commands.console import Json, age
from shared.clock import now
from shared.messaging import consumer_rows
from shared.messaging.breaker import State
from shared.messaging.consumer_rows import ConsumerRow
from shared.purposes import Purpose

HELP = f"""The consumers of all services: each takes one kind of message and has a queue of its own name.

A consumer of which half of the last messages failed rests for 30 s (then longer, up to 5 minutes) and lets one \
message through, which decides how it goes on: its breaker is closed, open or half-open. `pause` stops one until \
`resume`, also through restarts; its messages wait in its queue. Both take effect within seconds in all processes.

Exit codes: 0 done, {access.EXIT_CODES}.
"""

app = typer.Typer(help=HELP, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `./lethe consumers list` shows it.")]


@app.command("list")
def show_list(
    service: Annotated[str, typer.Argument(help="One service; all when left out.")] = "", as_json: Json = False
) -> None:
    """Tell which consumers take messages, which rest and since when, and whose messages wait in the retry tiers."""
    consumers = [row for name in access.services(service) for row in access.run(_consumers(name))]
    if as_json:
        typer.echo(json.dumps([_facts(row) for row in consumers]))
        return
    Console().print(_table(consumers))


@app.command()
def pause(name: Name) -> None:
    """Have a consumer take nothing until it is resumed; what it has in hand it finishes."""
    _told(name, _pause(_service(name), name))
    typer.echo(f"paused: {name}; `./lethe consumers resume {name}` lets it go on")


@app.command()
def resume(name: Name) -> None:
    """Let a paused consumer go on."""
    _told(name, _resume(_service(name), name))
    typer.echo(f"resumed: {name}")


def _service(name: str) -> str:
    return access.services(name.partition(".on.")[0] or name)[0]


def _told(name: str, work: Coroutine[Any, Any, bool]) -> None:
    if not access.run(work):
        raise access.fail(f"there is no consumer {name}: `./lethe consumers list` names them", WRONG_USE)


async def _consumers(service: str) -> list[ConsumerRow]:
    async with access.database(service) as database, database.transaction(Purpose.UPKEEP) as tx:
        return await consumer_rows.consumers(tx)


async def _pause(service: str, name: str) -> bool:
    async with access.database(service) as database, database.transaction(Purpose.UPKEEP) as tx:
        return await consumer_rows.pause(tx, name)


async def _resume(service: str, name: str) -> bool:
    async with access.database(service) as database, database.transaction(Purpose.UPKEEP) as tx:
        return await consumer_rows.resume(tx, name)


def _facts(row: ConsumerRow) -> dict[str, Any]:
    facts = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(row).items()}
    return facts | {"state": _state(row)}


def _state(row: ConsumerRow) -> str:
    if row.paused_at:
        return "paused"
    return "takes" if row.breaker == State.CLOSED else f"breaker {row.breaker}"


def _table(consumers: Sequence[ConsumerRow]) -> Table:
    table = Table(Column("consumer", overflow="fold"), "state", "since", "waiting for a retry", "next", "most attempts")
    for row in consumers:
        since = row.paused_at or (None if row.breaker == State.CLOSED else row.breaker_since)
        table.add_row(
            row.name,
            _state(row),
            age((now() - since).total_seconds()) if since else "",
            str(row.retries or ""),
            f"in {age(max((row.next_retry_at - now()).total_seconds(), 0))}" if row.next_retry_at else "",
            str(row.most_attempts or ""),
        )
    return table
