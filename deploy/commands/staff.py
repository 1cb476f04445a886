"""`./lethe staff`: who of the vendor's staff may sign in."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.commands.asking import EXIT_CODES, ask
from deploy.commands.console import Json
from shared.contracts import identity
from shared.contracts.actors import ROLES

HELP = f"""The vendor's staff: invite, list, end.

An invitation is a token for three days. Its holder sends it with a password to POST /staff/enrollments, gives the \
answer's secret to an authenticator app, and confirms the app's code at POST /staff/enrollments/confirmations. \
Who lost password or phone is invited again: that ends all sessions and the old factor.

Exit codes: {EXIT_CODES}.
"""

app = typer.Typer(help=HELP, no_args_is_help=True)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address.")]


@app.command()
def invite(
    email: Email,
    role: Annotated[list[str], typer.Option("--role", help=f"Repeat for more: {', '.join(ROLES)}.")],
    as_json: Json = False,
) -> None:
    """Invite somebody; the roles replace those of before."""
    invitation = ask(identity.InviteStaff, email=email, roles=tuple(role))
    if as_json:
        typer.echo(invitation.model_dump_json())
        return
    typer.echo(f"{email} is invited as {', '.join(role)} until {invitation.valid_until:%Y-%m-%d %H:%M} UTC.")
    typer.echo(f"Token, shown once: {invitation.token}")
    typer.echo("It is sent to POST /staff/enrollments with a password; `./lethe staff --help` says how it goes on.")


@app.command("list")
def show(as_json: Json = False) -> None:
    """Tell who is staff."""
    staff = ask(identity.ListStaff).staff
    if as_json:
        typer.echo(json.dumps([member.model_dump(mode="json") for member in staff]))
    elif staff:
        Console().print(_table(staff))
    else:
        typer.echo("nobody yet: ./lethe staff invite EMAIL --role administrator")


@app.command()
def end(email: Email) -> None:
    """Somebody leaves the staff: the sessions end at once."""
    ask(identity.EndStaff, email=email)
    typer.echo(f"{email} is no longer staff")


def _table(staff: tuple[identity.StaffMember, ...]) -> Table:
    table = Table("address", "roles", "state", "id")
    for member in staff:
        table.add_row(member.email, ", ".join(member.roles), member.state, str(member.staff_id))
    return table
