"""`./lethe contracts`: the published language, as files for those who do not read Python."""

import json
from typing import Annotated

import typer

from deploy.asyncapi import asyncapi as asyncapi_document
from deploy.local.system import SERVICES, service
from shared.contracts.schemas import FOLDER, breaking, checked_in, differing, documents, published, text

HELP = """The published language: one JSON Schema per message type, and all of it as AsyncAPI.

Contracts change by addition only. What breaks a reader or an asker is a new type beside the old one:
`class OrderPlacedV2(Event, type="licensing.order-placed.v2")`, both published until nobody reads the old one.

Exit codes: 0 fine, 1 the files differ from the contracts or the contracts break their promise.
"""
DIFFERS = 1

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.command()
def write(
    break_promises: Annotated[
        bool, typer.Option("--break", help="Write breaking differences too: only while nobody relies on the type.")
    ] = False,
) -> None:
    """Write the JSON Schema of every type; refuses what breaks."""
    before, after = checked_in(), documents()
    broken = breaking(before, after)
    if broken and not break_promises:
        _complain(broken)
        typer.echo("lethe: nothing was written; make it a new type beside the old one", err=True)
        raise typer.Exit(DIFFERS)
    FOLDER.mkdir(exist_ok=True)
    for name in differing(before, after):
        file = FOLDER / name
        if name in after:
            file.write_text(text(after[name]))
        else:
            file.unlink()
        typer.echo(f"{'added' if name not in before else 'changed' if name in after else 'removed'}  {name}")
    typer.echo(f"{len(after)} types in {FOLDER}")


@app.command()
def check() -> None:
    """Tell whether the files are as the contracts say, and whether anything broke."""
    before, after = checked_in(), documents()
    broken, differ = breaking(before, after), differing(before, after)
    _complain(broken)
    for name in differ:
        typer.echo(f"lethe: {name} is not as the contract says: run ./lethe contracts write", err=True)
    if broken or differ:
        raise typer.Exit(DIFFERS)
    typer.echo(f"{len(after)} types are as they were published")


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI 3.0 document of all events and requests."""
    reactions = [reaction for name in SERVICES for reaction in service(name).complete_router().event_handlers]
    typer.echo(json.dumps(asyncapi_document(published(), reactions), indent=2, ensure_ascii=False))


def _complain(broken: list[str]) -> None:
    for sentence in broken:
        typer.echo(f"lethe: breaks its readers: {sentence}", err=True)
