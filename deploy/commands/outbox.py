"""`./lethe outbox`: what waits to be told, what the broker refuses, and how it goes on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.commands import access
from deploy.commands.access import NOTHING_FOUND, WRONG_USE
from deploy.commands.console import ID_WIDTH, Json, age
from deploy.local.system import SERVICES
from shared.messaging import outbox_rows
from shared.messaging.outbox_rows import Figures, RefusedRow
from shared.purposes import Purpose

HELP = f"""Events that wait to be told, and those that the broker refuses for their own sake.

A refused event is tried again with growing waits; after its last attempt it stands in quarantine until somebody \
has looked. Mend the cause first (a missing right, a full queue), then `retry`. `drop` is for what must never be \
told; its reason is kept for a year. Bodies are not shown.

Exit codes: 0 done, {access.EXIT_CODES}.
"""
MOST = 10_000

app = typer.Typer(help=HELP, no_args_is_help=True)

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]
Identifier = Annotated[str, typer.Option("--id", help="The event with this id, in quarantine or not yet.")]
Everything = Annotated[bool, typer.Option("--all", help="All that stand in quarantine.")]


@dataclass(frozen=True)
class Outbox:
    """The outbox of one service."""

    service: str
    figures: Figures
    refused: Sequence[RefusedRow]

    def facts(self) -> dict[str, Any]:
        return {"service": self.service, **asdict(self.figures), "refused": [_facts(row) for row in self.refused]}


def _facts(row: RefusedRow) -> dict[str, Any]:
    next_try = row.next_try_at and row.next_try_at.isoformat()
    plain = {"message_id": str(row.message_id), "created_at": row.created_at.isoformat(), "next_try_at": next_try}
    return asdict(row) | plain


@app.command("list")
def show_list(
    service: Annotated[str, typer.Argument(help="One service; all when left out.")] = "", as_json: Json = False
) -> None:
    """Tell how much waits, how old the oldest is, and what the broker refuses and why."""
    outboxes = [access.run(_look(name)) for name in access.services(service)]
    if as_json:
        typer.echo(json.dumps([outbox.facts() for outbox in outboxes]))
        return
    Console().print(_figures_table(outboxes))
    if any(outbox.refused for outbox in outboxes):
        Console().print(_refused_table(outboxes))
        typer.echo("`./lethe outbox retry SERVICE` tries again, `drop --reason WORDS` removes.")


@app.command()
def retry(service: Service, message_id: Identifier = "", everything: Everything = False) -> None:
    """Try refused events again at once; their attempts start afresh."""
    chosen = _chosen(message_id, everything)
    count = access.run(_retry(access.services(service)[0], chosen))
    if not count:
        raise _nothing(service)
    typer.echo(f"tried again: {count}")


@app.command()
def drop(
    service: Service,
    reason: access.Reason,
    message_id: Identifier = "",
    everything: Everything = False,
) -> None:
    """Remove refused events for good: nobody will be told."""
    chosen = _chosen(message_id, everything)
    count = access.run(_drop(access.services(service)[0], chosen, access.reason_of(reason)))
    if not count:
        raise _nothing(service)
    typer.echo(f"removed: {count}")


def _chosen(message_id: str, everything: bool) -> UUID | None:
    """Which one; None for all in quarantine."""
    if bool(message_id) == everything:
        raise access.fail("say which ones: --id ID or --all", WRONG_USE)
    try:
        return UUID(message_id) if message_id else None
    except ValueError:
        raise access.fail("an id is a UUID, as `./lethe outbox list` shows it", WRONG_USE) from None


def _nothing(service: str) -> typer.Exit:
    return access.fail(f"no such event among those of {service} that the broker refuses", NOTHING_FOUND)


async def _look(service: str) -> Outbox:
    async with access.database(service) as database, database.transaction(Purpose.UPKEEP) as tx:
        return Outbox(service, await outbox_rows.figures(tx), await outbox_rows.refused(tx, MOST))


async def _retry(service: str, message_id: UUID | None) -> int:
    async with access.database(service) as database, database.transaction(Purpose.UPKEEP) as tx:
        return await outbox_rows.retry(tx, message_id)


async def _drop(service: str, message_id: UUID | None, reason: str) -> int:
    async with access.database(service) as database, database.transaction(Purpose.UPKEEP) as tx:
        return await outbox_rows.drop(tx, message_id, reason)


def _figures_table(outboxes: Sequence[Outbox]) -> Table:
    table = Table("service", "waiting", "oldest", "in quarantine")
    for outbox in outboxes:
        figures = outbox.figures
        oldest = age(figures.lag_s) if figures.waiting else ""
        table.add_row(outbox.service, str(figures.waiting), oldest, str(figures.quarantined))
    return table


def _refused_table(outboxes: Sequence[Outbox]) -> Table:
    table = Table("service", Column("id", min_width=ID_WIDTH), "type", "age", "attempts", "fault", "state")
    for outbox in outboxes:
        for row in outbox.refused:
            state = "quarantine" if row.quarantined else "will be tried again"
            table.add_row(
                outbox.service, str(row.message_id), row.type, age(row.age_s), str(row.attempts), row.last_fault, state
            )
    return table
