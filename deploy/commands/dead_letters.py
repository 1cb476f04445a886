"""`./lethe dead-letters`: what the services gave up, why, and how it goes on."""

import json
from collections.abc import Sequence
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Column, Table

from deploy import letter_choice
from deploy.commands import access
from deploy.commands.access import NOTHING_FOUND, WRONG_USE
from deploy.commands.console import ID_WIDTH, Json, age
from deploy.letter_choice import KINDS, By, Choice, grouped
from deploy.local.system import SERVICES
from shared.messaging import dead_letters, dropped_letters
from shared.messaging.dead_letters import MOST, NOBODYS, DeadLetter, Pick, Replayed
from shared.messaging.sender_accounts import MAY_NOT_SPEAK
from shared.purposes import Purpose

HELP = f"""Messages that a service gave up: a broken contract, a broken rule, a delivery that never ended.

Nothing is lost while it lies here. Mend the cause first (deploy the release, correct the data), then `replay`: \
the message goes back to the queue it came from, and the inbox makes sure that it has its effect once. \
`drop` is for what must never take effect. Bodies hold ids only and are printed by `show --body` alone.

In place of a service, `{NOBODYS}` means what nobody takes: events without a reaction, which is normal. Replayed, \
they are told to everybody again, for a reaction that came later; without one they come back.

Exit codes: 0 done, 1 some could not be replayed, {access.EXIT_CODES}.
"""
STAYED = 1
LONGEST_S = 1200  # the broker takes back what is in hand for half an hour

app = typer.Typer(help=HELP, no_args_is_help=True)

Place = Annotated[str, typer.Argument(metavar="SERVICE", help=f"One of {', '.join(SERVICES)}, or {NOBODYS}.")]
Identifier = Annotated[str, typer.Option("--id", help="The message with this id.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="FIELD=VALUE",
        help="type=, origin=, reason= (its beginning), older= (as 2h); repeat for more.",
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="All of this service.")]


@app.command("list")
def show_list(
    place: Annotated[str, typer.Argument(metavar="[SERVICE]", help="All services when left out.")] = "",
    where: Where = None,
    by: Annotated[str, typer.Option("--by", help=f"Count by {', '.join(KINDS)}.")] = "",
    as_json: Json = False,
) -> None:
    """Tell what was given up, why, where and how long ago; or how many of each kind."""
    choice = _choice("", where)
    if by and by not in KINDS:
        raise access.fail(f"there is no kind {by}; it counts by {', '.join(KINDS)}", WRONG_USE)
    letters = [each for name in ([place] if place else SERVICES) for each in _letters(name) if choice.means(each)]
    counts = [group for kind in get_args(By) if kind == by for group in grouped(letters, kind)]
    if as_json:
        typer.echo(json.dumps(dict(counts) if by else [letter.facts() for letter in letters]))
    elif letters:
        Console().print(_counts_table(by, counts) if by else _table(letters))
        typer.echo("`./lethe dead-letters show SERVICE ID` tells more, `replay` sends back, `drop` removes.")
    else:
        typer.echo("nothing was given up")


@app.command()
def show(
    place: Place,
    message_id: Annotated[str, typer.Argument(metavar="ID", help="The message's id.")],
    body: Annotated[bool, typer.Option("--body", help="Print the body as well: ids, no personal values.")] = False,
) -> None:
    """Tell everything about one message, which stays where it is."""
    matching = [letter for letter in _letters(place) if letter.message_id == message_id]
    if not matching:
        raise _nothing(place)
    for letter in matching:
        text = {"body": letter.body} if body else {}
        typer.echo(json.dumps(letter.facts() | text, indent=2))


@app.command()
def replay(
    place: Place,
    message_id: Identifier = "",
    where: Where = None,
    everything: Everything = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Not more than so many, the oldest first.")] = MOST,
    rate: Annotated[float, typer.Option(min=0.1, max=1000, help="How many a second at most.")] = 50.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be sent, and send nothing.")] = False,
) -> None:
    """Send messages back to the queues they came from, as if they came for the first time, each in a new trace.

    They go in the operator's name. What an account sent that may not speak for its type's owner is therefore \
left alone unless it is named by its --id: look at it with `show` first, if it is to count.
    """
    choice = _picked(message_id, where, everything=everything)

    def pick(letter: DeadLetter) -> bool:
        return choice.means(letter) and (bool(choice.message_id) or letter.reason != MAY_NOT_SPEAK)

    chosen = [letter for letter in _letters(place) if pick(letter)][:limit]
    if not chosen:
        raise _nothing(place)
    if len(chosen) / rate > LONGEST_S:
        raise access.fail(f"{len(chosen)} would take over 20 minutes: a lower --limit or a higher --rate", WRONG_USE)
    if dry_run:
        Console().print(_table(chosen))
        typer.echo(f"would be sent back: {len(chosen)}")
        return
    ids = {letter.message_id for letter in chosen}
    mine = dead_letters.replay(
        access.amqp_url(), place, lambda each: pick(each) and each.message_id in ids, most=limit, rest_s=1 / rate
    )
    _tell(access.run(mine))


@app.command()
def drop(
    place: Place,
    reason: access.Reason,
    message_id: Identifier = "",
    where: Where = None,
    everything: Everything = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove messages for good: what they told will never take effect here. The reason is kept for a year."""
    pick = _picked(message_id, where, everything=everything).means
    words = access.reason_of(reason)
    chosen = [letter for letter in _letters(place) if pick(letter)]
    if not chosen:
        raise _nothing(place)
    if not yes:
        typer.confirm(f"Remove {len(chosen)} messages of {place} for good?", abort=True)
    ids = {letter.message_id for letter in chosen}
    typer.echo(f"removed: {access.run(_drop(place, lambda each: pick(each) and each.message_id in ids, words))}")


async def _drop(place: str, pick: Pick, reason: str) -> int:
    """Remove them once their database knows why; when it does not answer, nothing is removed."""
    async with access.database(_keeper(place)) as database:

        async def keep(letters: Sequence[DeadLetter]) -> None:
            async with database.transaction(Purpose.UPKEEP) as tx:
                await dropped_letters.keep(tx, letters, reason)

        return len(await dead_letters.drop(access.amqp_url(), place, pick, keep))


def _keeper(place: str) -> str:
    """Whose database keeps the reason: the service's own, and privacy's of what nobody takes."""
    if place != NOBODYS:
        return place
    known = access.known_services(elsewhere=False)
    return next((name for name in known if name == "privacy"), known[0] if known else "privacy")


def _letters(place: str) -> list[DeadLetter]:
    return access.run(dead_letters.letters(access.amqp_url(), place))


def _choice(message_id: str, where: Sequence[str] | None) -> Choice:
    try:
        return letter_choice.chosen(message_id, where or ())
    except ValueError as error:
        raise access.fail(str(error), WRONG_USE) from None


def _picked(message_id: str, where: Sequence[str] | None, *, everything: bool) -> Choice:
    """What is meant; nothing said and everything meant is not the same."""
    choice = _choice(message_id, where)
    if choice.says_nothing != everything:
        raise access.fail("say which ones: --id ID, --where FIELD=VALUE or --all", WRONG_USE)
    return choice


def _nothing(place: str) -> typer.Exit:
    return access.fail(f"no such message among the dead letters of {place}", NOTHING_FOUND)


def _tell(outcome: Replayed) -> None:
    typer.echo(f"sent back: {len(outcome.sent)}")
    for letter in outcome.stayed:
        typer.echo(f"lethe: {letter.message_id} stays, there is no queue {letter.origin or 'of origin'}", err=True)
    if outcome.stayed:
        raise typer.Exit(STAYED)


def _counts_table(by: str, counts: Sequence[tuple[str, int]]) -> Table:
    table = Table(by, "count")
    for kind, count in counts:
        table.add_row(kind, str(count))
    return table


def _table(letters: Sequence[DeadLetter]) -> Table:
    table = Table("service", Column("id", min_width=ID_WIDTH), "type", "reason", "from queue", "attempt", "age")
    for letter in letters:
        old = "" if letter.age_s is None else age(letter.age_s)
        table.add_row(
            letter.service, letter.message_id, letter.type, letter.reason, letter.origin, str(letter.attempt), old
        )
    return table
