"""`./lethe participants`: who takes part in erasures."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.commands.asking import EXIT_CODES, ask
from deploy.commands.console import Json
from shared.contracts import privacy

HELP = f"""Who takes part in every erasure: list, leave.

A service takes part when it has announced what it holds, and again when it announces it after it left.

Exit codes: {EXIT_CODES}.
"""

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.command("list")
def show(as_json: Json = False) -> None:
    """Tell who takes part, who owes answers, who left and why."""
    states = ask(privacy.ListParticipants)
    if as_json:
        typer.echo(states.model_dump_json())
    else:
        Console().print(_table(states.participants))


@app.command()
def leave(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The service.")],
    reason: Annotated[str, typer.Option(help="Why, and what became of its data; certificates quote it.")],
) -> None:
    """Ask a service no more, and end all waiting for it.

    The cases that wait for it close; their certificates say that it left before it reported, and why. A service that
    LETHE_PARTICIPANTS names can't leave: without it nothing is ordered. Take it out there and restart privacy first.
    """
    departure = ask(privacy.LeaveParticipant, service=name, reason=reason)
    typer.echo(f"{name} has left; {departure.orders} open orders wait for it no more")


def _table(participants: tuple[privacy.ParticipantState, ...]) -> Table:
    table = Table("service", "data map", "unanswered", "since", "state")
    for each in participants:
        since = f"{each.waiting_since:%Y-%m-%d %H:%M}" if each.waiting_since else ""
        table.add_row(each.service, str(each.map_version), str(each.unanswered), since, _state(each))
    return table


def _state(each: privacy.ParticipantState) -> str:
    if each.left_at:
        return f"left {each.left_at:%Y-%m-%d %H:%M}: {each.reason}"
    return "required" if each.required else "takes part"
