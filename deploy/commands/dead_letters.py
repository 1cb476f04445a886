"""`./lethe dead-letters`: what the services gave up, why, and how it goes on."""

import json
from collections.abc import Coroutine, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.commands import access
from deploy.commands.access import NOTHING_FOUND, WRONG_USE
from deploy.commands.console import Json, age
from deploy.local.system import SERVICES
from shared.messaging import dead_letters
from shared.messaging.dead_letters import DeadLetter, Pick
from shared.messaging.sender_accounts import MAY_NOT_SPEAK

HELP = """Messages that a service gave up: a broken contract, a broken rule, a delivery that never ended.

Nothing is lost while it lies here. Mend the cause first (deploy the release, correct the data), then `replay`: \
the message goes back to the queue it came from, and the inbox makes sure that it has its effect once. \
`drop` is for what must never take effect. Bodies hold ids only and are printed by `show --body` alone.

Exit codes: 0 done, 1 some could not be replayed, 2 wrong use, 3 no broker is running, 4 nothing found, 5 no rights.
"""
STAYED = 1

app = typer.Typer(help=HELP, no_args_is_help=True)

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]
Identifier = Annotated[str, typer.Option("--id", help="The message with this id.")]
Reason = Annotated[str, typer.Option("--reason", help="All whose reason begins with these words.")]
Everything = Annotated[bool, typer.Option("--all", help="All of this service.")]


@app.command("list")
def show_list(
    service: Annotated[str, typer.Argument(help="One service; all when left out.")] = "", as_json: Json = False
) -> None:
    """Tell what was given up, why, where and how long ago."""
    letters = [letter for name in ([service] if service else SERVICES) for letter in access.run(_letters(name))]
    if as_json:
        typer.echo(json.dumps([letter.facts() for letter in letters]))
    elif letters:
        Console().print(_table(letters))
        typer.echo("`./lethe dead-letters show SERVICE ID` tells more, `replay` sends back, `drop` removes.")
    else:
        typer.echo("nothing was given up")


@app.command()
def show(
    service: Service,
    message_id: Annotated[str, typer.Argument(metavar="ID", help="The message's id.")],
    body: Annotated[bool, typer.Option("--body", help="Print the body as well: ids, no personal values.")] = False,
) -> None:
    """Tell everything about one message."""
    matching = [letter for letter in access.run(_letters(service)) if letter.message_id == message_id]
    if not matching:
        _nothing(service)
    for letter in matching:
        text = {"body": letter.body} if body else {}
        typer.echo(json.dumps(letter.facts() | text, indent=2))


@app.command()
def replay(service: Service, message_id: Identifier = "", reason: Reason = "", everything: Everything = False) -> None:
    """Send messages back to the queues they came from, as if they came for the first time.

    They go in the operator's name. What an account sent that may not speak for its type's owner is therefore
    left alone by --all: look at it with `show`, and name it by its --id if it is to count.
    """
    pick = _picked(message_id, reason, everything)
    if everything:
        pick = _genuine
    outcome = access.run(dead_letters.replay(access.amqp_url(), service, pick))
    if not (outcome.sent or outcome.stayed):
        _nothing(service)
    typer.echo(f"sent back: {len(outcome.sent)}")
    for letter in outcome.stayed:
        typer.echo(f"lethe: {letter.message_id} stays, there is no queue {letter.origin or 'of origin'}", err=True)
    if outcome.stayed:
        raise typer.Exit(STAYED)


@app.command()
def drop(
    service: Service,
    message_id: Identifier = "",
    reason: Reason = "",
    everything: Everything = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove messages for good: what they told will never take effect here."""
    pick = _picked(message_id, reason, everything)
    chosen = [letter for letter in access.run(_letters(service)) if pick(letter)]
    if not chosen:
        _nothing(service)
    if not yes:
        typer.confirm(f"Remove {len(chosen)} messages of {service} for good?", abort=True)
    ids = {letter.message_id for letter in chosen}
    dropped = access.run(
        dead_letters.drop(access.amqp_url(), service, lambda letter: pick(letter) and letter.message_id in ids)
    )
    typer.echo(f"removed: {len(dropped)}")


def _letters(service: str) -> Coroutine[Any, Any, list[DeadLetter]]:
    return dead_letters.letters(access.amqp_url(), service)


def _picked(message_id: str, reason: str, everything: bool) -> Pick:
    if sum(map(bool, (message_id, reason, everything))) != 1:
        typer.echo("lethe: say which ones: --id ID, --reason WORDS or --all", err=True)
        raise typer.Exit(WRONG_USE)
    if message_id:
        return lambda letter: letter.message_id == message_id
    return lambda letter: everything or letter.reason.startswith(reason)


def _genuine(letter: DeadLetter) -> bool:
    return letter.reason != MAY_NOT_SPEAK


def _nothing(service: str) -> None:
    typer.echo(f"lethe: no such message among the dead letters of {service}", err=True)
    raise typer.Exit(NOTHING_FOUND)


def _table(found: Sequence[DeadLetter]) -> Table:
    table = Table("service", "id", "type", "reason", "from queue", "attempt", "age")
    for letter in found:
        old = "" if letter.age_s is None else age(letter.age_s)
        table.add_row(
            letter.service, letter.message_id, letter.type, letter.reason, letter.origin, str(letter.attempt), old
        )
    return table
