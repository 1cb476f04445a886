"""`./lethe register`: the register of processing: what it lacks, and the record of Art. 30."""

import json
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.commands.console import Json, one_sentence_per_failure
from deploy.register import documents
from deploy.register.services import found_holes, unjudged
from services.privacy.documents.record.edition import Incomplete
from services.privacy.documents.record.pages import Format
from services.privacy.register.loading import RegisterRefused
from shared.clock import today
from shared.contracts.fields import Language

app = typer.Typer(help="The register of processing and the record of Art. 30.", no_args_is_help=True)

FAILED = 1

Lang = Annotated[Language, typer.Option("--lang", help="pl or en.")]


@app.callback()
def group() -> None:
    """The register of processing and the record of Art. 30."""


@app.command()
def check(as_json: Json = False) -> None:
    """Hold the register against the data maps and connectors of all services; exits with 1 when there is a hole.

    If Lethe runs, the services that have joined it are checked as well.
    """
    with one_sentence_per_failure():
        holes = list(dict.fromkeys([*found_holes(os.environ), *unjudged(today()), *documents.announced_holes()]))
    if as_json:
        typer.echo(json.dumps({"complete": not holes, "holes": holes}, ensure_ascii=False))
    elif holes:
        Console().print(_table(holes))
    else:
        typer.echo("the register is complete: every column has its purposes, every purpose its data or its reason")
    if holes:
        raise typer.Exit(FAILED)


def _table(found: list[str]) -> Table:
    table = Table("where", "what is wrong", title=f"{len(found)} holes")
    for hole in found:
        where, _, what = hole.partition(": ")
        table.add_row(*((where, what) if what else ("connectors", hole)))
    return table


@app.command()
def record(
    lang: Lang = "pl",
    shape: Annotated[Format, typer.Option("--format", help="html, csv or json.")] = "html",
    version: Annotated[int, typer.Option(min=0, help="A kept version; needs the running system.")] = 0,
) -> None:
    """Print the record of processing; with its number and history when Lethe runs and has kept it."""
    with one_sentence_per_failure():
        try:
            typer.echo(documents.record(lang, shape, version), nl=False)
        except (RegisterRefused, Incomplete) as refused:
            typer.echo(f"lethe: {refused}", err=True)
            raise typer.Exit(FAILED) from None
