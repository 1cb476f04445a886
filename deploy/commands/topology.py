"""`./lethe topology`: whether the broker holds what this release expects, and removing what a release dropped."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.broker import questions_to
from deploy.commands import access
from deploy.commands.console import Json
from deploy.local import system
from deploy.local.system import SERVICES
from deploy.topology.actual import Actual, actual
from deploy.topology.expected import Expected, expected
from deploy.topology.findings import Finding, findings
from deploy.topology.prune import Plan, StillUsed, carry_out, plan
from shared.messaging import consumer_rows
from shared.messaging.topology import REACTS, management
from shared.purposes import Purpose

HELP = f"""What the broker holds, against the contracts and handlers of this release.

`check` tells missing and foreign bindings, queues, exchanges and policies, policies that differ or that something \
else overrides, retry tiers without their time, queues that nobody takes from, and limits. `prune` removes what a \
release dropped: the messages of a dropped reaction go to the dead letters of its service first.

Exit codes: 0 nothing found or done, 1 something found or still in use, {access.EXIT_CODES}.
"""
FOUND = 1

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.command()
def check(as_json: Json = False) -> None:
    """Tell every difference, and what follows from it."""
    differences = findings(_expected(), access.run(_actual()))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in differences]))
    elif differences:
        Console().print(_table(differences))
    else:
        typer.echo("the broker holds what this release expects")
    if differences:
        raise typer.Exit(FOUND)


@app.command()
def prune(dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")] = False) -> None:
    """Remove bindings, queues, exchanges and policies that this release dropped, of its own services only."""
    todo = plan(_expected(), access.run(_actual()))
    for line in _lines(todo):
        typer.echo(line)
    if dry_run or todo.is_empty:
        return
    moved = access.run(_prune(todo))
    typer.echo(f"done; messages moved to the dead letters: {moved}")


def _expected() -> Expected:
    handlers = [h for name in SERVICES for h in system.service(name).complete_router().event_handlers]
    return expected(SERVICES, handlers, questions_to(SERVICES))


async def _actual() -> Actual:
    async with management(access.management_url()) as api:
        return await actual(api, access.virtual_host())


async def _prune(todo: Plan) -> int:
    for queue in todo.queues:
        if count := await _retries(queue.name):
            raise StillUsed(f"{count} messages of {queue.name} wait in a retry tier: prune once they are back")
    async with management(access.management_url()) as api:
        return await carry_out(access.amqp_url(), api, access.virtual_host(), todo)


async def _retries(queue: str) -> int:
    """How many messages a tier would give back to a queue."""
    async with access.database(queue.partition(REACTS)[0]) as database, database.transaction(Purpose.UPKEEP) as tx:
        return await consumer_rows.count_waiting(tx, queue)


def _lines(todo: Plan) -> list[str]:
    if todo.is_empty:
        return ["nothing to remove"]
    return [
        *(f"binding of {binding.target} to {binding.exchange} for {binding.key or 'all'}" for binding in todo.bindings),
        *(f"queue {queue.name} with {queue.messages} messages" for queue in todo.queues),
        *(f"exchange {name}" for name in todo.exchanges),
        *(f"policy {name}" for name in todo.policies),
    ]


def _table(differences: Sequence[Finding]) -> Table:
    table = Table("what", "where", "what follows", title=f"{len(differences)} differences")
    for finding in differences:
        table.add_row(finding.kind, finding.name, finding.sentence)
    return table
