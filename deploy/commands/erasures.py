"""`./lethe erasures`: where each erasure stands, why it is not done, and how it goes on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, get_args
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.commands import access
from deploy.commands.access import NO_RIGHTS, NOTHING_FOUND, WRONG_USE
from deploy.commands.asking import EXIT_CODES, ask
from deploy.commands.console import ID_WIDTH, Json, age
from deploy.erasure_picture import picture
from deploy.trace_file import Span, about
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.privacy.erasures import CaseState

HELP = f"""Erasure cases and the orders by which all services are asked.

A case waits for the end of its cooling-off, is ordered, and closes when every service has answered. Nothing closes \
it without: a silent service is reminded with growing waits, up to an hour; what failed somewhere is ordered again, \
after a day at most. `explain` tells one case in sentences, `trace` draws it, `release` lets it go on at once \
after the cause is mended.

Shown are random ids, states and times, nothing of a person. Privacy answers from its database.

Exit codes: {EXIT_CODES}.
"""
STATES = get_args(CaseState)
ANSWERS = (("answered",), ("silent", "asked", "last"), ("failed", "left"))

app = typer.Typer(help=HELP, no_args_is_help=True)

Case = Annotated[str, typer.Argument(metavar="ID", help="The case, as `./lethe erasures list` shows it.")]


@app.command("list")
def show_list(
    state: Annotated[str, typer.Option("--state", help=f"One of {', '.join(STATES)}; the open ones without.")] = "",
    late: Annotated[bool, typer.Option("--late", help="Late, due within 3 days, or bound to miss its date.")] = False,
    waits_for: Annotated[str, typer.Option("--waits-for", metavar="SERVICE", help="Not yet answered by it.")] = "",
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many cases, those due first.")] = 100,
    as_json: Json = False,
) -> None:
    """Tell which cases are open, until when they are due, and which services owe an answer."""
    if state and state not in STATES:
        raise access.fail(f"there is no state {state}; the states are {', '.join(STATES)}", WRONG_USE)
    erasures = ask(privacy.ListErasures, state=state or None, late=late, waits_for=waits_for[:100], most=most)
    if as_json:
        typer.echo(erasures.model_dump_json())
    elif not erasures.cases:
        typer.echo("no such case" if state or late or waits_for else "no case is open")
    else:
        _print(erasures)
    if erasures.more and not as_json:
        typer.echo(f"There are more than {most}: --most shows up to 1000.")


@app.command()
def show(
    either: Annotated[str, typer.Argument(metavar="ID", help="A case, or an order.")], as_json: Json = False
) -> None:
    """Tell how one case stands with all its orders, or one order with its cases."""
    erasures = ask(privacy.ReadErasure, id=_id(either))
    if as_json:
        typer.echo(erasures.model_dump_json())
    else:
        _print(erasures)


@app.command()
def explain(case: Case, as_json: Json = False) -> None:
    """Tell one case from its receipt on, step by step, and what it waits for."""
    story = ask(privacy.ExplainErasure, case_id=_id(case))
    if as_json:
        typer.echo(story.model_dump_json())
        return
    for step in story.steps:
        typer.echo(f"{step.at:%Y-%m-%d %H:%M:%S}  {step.sentence}")
    typer.echo(f"Now: {story.now}")


@app.command()
def trace(
    case: Case,
    spans: Annotated[
        Path | None,
        typer.Option("--spans", metavar="FILE", envvar="LETHE_TRACES_PATH", help="What services recorded meanwhile."),
    ] = None,
) -> None:
    """Draw one case across all services, as an SVG: `./lethe erasures trace ID > case.svg`."""
    story = ask(privacy.ExplainErasure, case_id=_id(case))
    typer.echo(picture(story, _spans(spans, story) if spans else ()))


def _spans(file: Path, story: privacy.ErasureStory) -> list[Span]:
    try:
        return about(file, {str(story.case_id), *map(str, story.orders)})
    except OSError as error:
        code = NO_RIGHTS if isinstance(error, PermissionError) else NOTHING_FOUND
        raise access.fail(f"the file of spans can't be read ({type(error).__name__})", code) from None


@app.command()
def release(case: Case) -> None:
    """Let a case go on at once: its next attempt, or another question to who is silent. Never ends a cooling-off."""
    ask(privacy.ReleaseErasure, case_id=_id(case))
    typer.echo(f"released: {case}; `./lethe erasures explain {case}` tells how it goes on")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise access.fail("an id is a UUID, as `./lethe erasures list` shows it", WRONG_USE) from None


def _print(erasures: privacy.Erasures) -> None:
    Console().print(_cases_table(erasures.cases))
    if erasures.orders:
        Console().print(_orders_table(erasures.orders))


def _cases_table(cases: Sequence[privacy.ErasureCaseState]) -> Table:
    table = Table(Column("case", min_width=ID_WIDTH), "state", "outlook", "due", "runs at", "attempts")
    for case in cases:
        runs_at = f"{case.runs_at:%Y-%m-%d %H:%M}" if case.state in {"waiting", "failed"} else ""
        table.add_row(str(case.case_id), case.state, case.outlook, str(case.due_on), runs_at, str(case.attempts))
    return table


def _orders_table(orders: Sequence[privacy.ErasureOrderState]) -> Table:
    table = Table(
        Column("order", min_width=ID_WIDTH), "age", "state", "ids", "answered", "owe an answer", "failed or left"
    )
    for order in orders:
        old = age((now() - order.ordered_at).total_seconds())
        names: dict[str, list[str]] = {}
        for answer in order.answers:
            reminded = f" (reminded {answer.reminders})" if answer.answer == "silent" else ""
            names.setdefault(answer.answer, []).append(answer.service + reminded)
        columns = [", ".join(name for kind in kinds for name in names.get(kind, ())) for kinds in ANSWERS]
        table.add_row(str(order.order_id), old, "open" if order.open else "closed", str(order.people), *columns)
    return table
