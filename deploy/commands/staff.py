"""`./lethe staff`: who of the vendor's staff may sign in. On the vendor's machine, while the system runs."""

import asyncio
import json
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from deploy import broker
from deploy.commands.console import NOT_RUNNING, Json
from deploy.local import processes
from deploy.local.folders import STATE
from deploy.local.servers import running_servers
from deploy.local.system import VIRTUAL_HOST
from shared.contracts import identity
from shared.contracts.actors import ROLES
from shared.contracts.message import Request
from shared.messaging.request_client import RequestClient
from shared.problems import Refused

HELP = """The vendor's staff: invite, list, end.

An invitation is a token for three days. Its holder sends it with a password to POST /staff/enrollments, gives the \
answer's secret to an authenticator app, and confirms the app's code at POST /staff/enrollments/confirmations. \
Who lost password or phone is invited again: that ends all sessions and the old factor.

Exit codes: 0 done, 2 wrong use, 3 the system does not run, 4 nobody has this address.
"""
WRONG_USE, NOBODY, NOT_FOUND = 2, 4, 404

app = typer.Typer(help=HELP, no_args_is_help=True)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address.")]


@app.command()
def invite(
    email: Email,
    role: Annotated[list[str], typer.Option("--role", help=f"Repeat for more: {', '.join(ROLES)}.")],
    as_json: Json = False,
) -> None:
    """Invite somebody; the roles replace those of before."""
    invitation = _ask(identity.InviteStaff, email=email, roles=tuple(role))
    if as_json:
        typer.echo(invitation.model_dump_json())
        return
    typer.echo(f"{email} is invited as {', '.join(role)} until {invitation.valid_until:%Y-%m-%d %H:%M} UTC.")
    typer.echo(f"Token, shown once: {invitation.token}")
    typer.echo("It is sent to POST /staff/enrollments with a password; `./lethe staff --help` says how it goes on.")


@app.command("list")
def show(as_json: Json = False) -> None:
    """Tell who is staff."""
    staff = _ask(identity.ListStaff).staff
    if as_json:
        typer.echo(json.dumps([member.model_dump(mode="json") for member in staff]))
    elif staff:
        Console().print(_table(staff))
    else:
        typer.echo("nobody yet: ./lethe staff invite EMAIL --role administrator")


@app.command()
def end(email: Email) -> None:
    """Somebody leaves the staff: the sessions end at once."""
    _ask(identity.EndStaff, email=email)
    typer.echo(f"{email} is no longer staff")


def _table(staff: tuple[identity.StaffMember, ...]) -> Table:
    table = Table("address", "roles", "state", "id")
    for member in staff:
        table.add_row(member.email, ", ".join(member.roles), member.state, str(member.staff_id))
    return table


def _ask(contract: type[Request[Any]], **values: Any) -> Any:
    """Ask identity, or say in one sentence what is wrong."""
    try:
        request = contract(**values)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        _fail(f"{fault['loc'][0]}: {fault['msg']}", WRONG_USE)
    if processes.running(STATE, "identity") is None:
        _fail("identity does not run: start the system with ./lethe up", NOT_RUNNING)
    try:
        return asyncio.run(_answer(request))
    except Refused as refused:
        _fail(refused.problem.title, NOBODY if refused.problem.status == NOT_FOUND else NOT_RUNNING)


async def _answer(request: Request[Any]) -> Any:
    client = RequestClient(broker.in_virtual_host(running_servers(STATE).amqp_url, VIRTUAL_HOST), "lethe")
    try:
        return await client.request(request)
    finally:
        await client.close()


def _fail(sentence: str, code: int) -> Any:
    typer.echo(f"lethe: {sentence}", err=True)
    raise typer.Exit(code)
