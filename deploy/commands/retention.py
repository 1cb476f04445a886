"""`./lethe retention`: have what is over end now, or tell what would."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from deploy.commands import access
from deploy.commands.access import STILL_USED, WRONG_USE
from deploy.commands.console import Json
from deploy.local import system
from shared.clock import today
from shared.database import Database
from shared.personal_data.retention import run_rows, running
from shared.personal_data.retention.checking import Endless, endless
from shared.personal_data.retention.ends import Retention
from shared.personal_data.retention.run_rows import AnotherRun, Purged
from shared.purposes import Purpose

HELP = f"""What is over ends by itself once a day; here it does at once, and without doing it one sees what would go.

Holds and restrictions keep rows past their day; they are listed as skips. What a run did is evidence.

Exit codes: 0 done, 1 another run is at work, or a row has no end, {access.EXIT_CODES}.
"""

ENDLESS = 1

app = typer.Typer(help=HELP, no_args_is_help=True)


@dataclass(frozen=True)
class Result:
    """What a run did in one service, or would do."""

    service: str
    as_of: date
    run_id: str
    longest_ms: int
    purges: Sequence[Purged]

    def facts(self) -> dict[str, Any]:
        purges = [asdict(purged) | {"cut_off": purged.cut_off.isoformat()} for purged in self.purges]
        return asdict(self) | {"as_of": self.as_of.isoformat(), "purges": purges}


@app.callback()
def group() -> None:
    """What is over ends."""


@app.command()
def run(
    service: Annotated[str, typer.Argument(help="One service; all when left out.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="As of this day; today when left out.")] = "",
    early: Annotated[bool, typer.Option("--early", help="Delete what is not over yet: for rehearsals.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would go, and let it be.")] = False,
    as_json: Json = False,
) -> None:
    """Delete what is over on a day, at the vendor's midnight, in small transactions."""
    day = _day(as_of)
    if day > today() and not (dry_run or early) and access.is_elsewhere():
        why = f"{day} is to come, and what is not over yet would go: --dry-run tells what, --early does it all the same"
        raise access.fail(why, WRONG_USE)
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as progress:
        results = [access.run(_result(name, day, progress, dry_run=dry_run)) for name in access.services(service)]
    if as_json:
        typer.echo(json.dumps([result.facts() for result in results]))
    else:
        Console().print(_table(results, dry_run=dry_run))


@app.command()
def check(
    service: Annotated[str, typer.Argument(help="One service; all when left out.")] = "", as_json: Json = False
) -> None:
    """Look for rows without a last day, and without a reason and a day of review; exit code 1 when there are some."""
    found = {name: access.run(_endless(name)) for name in access.services(service)}
    if as_json:
        typer.echo(json.dumps({name: [asdict(each) for each in some] for name, some in found.items()}))
    else:
        lines = [f"{name}: {_sentence(each)}" for name, some in found.items() for each in some]
        typer.echo("\n".join(lines) or "every row has its end")
    if any(found.values()):
        raise typer.Exit(ENDLESS)


async def _endless(name: str) -> list[Endless]:
    async with access.database(name) as database:
        return await endless(database, system.service(name).retention)


def _sentence(found: Endless) -> str:
    if found.rows is None:
        return f"{found.table} is not declared: say in retention.py when its rows end"
    return f"{found.table} has {found.rows} rows without an end: see what retention.py says of them"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else today()
    except ValueError:
        raise access.fail("--as-of wants a day as in 2031-01-01", WRONG_USE) from None


async def _result(name: str, day: date, progress: Progress, *, dry_run: bool) -> Result:
    retention = system.service(name).retention
    async with access.database(name) as database:
        foreseen = await running.foresee(database, retention, day)
        if dry_run:
            return Result(name, day, "", 0, _worth_telling(foreseen))
        await _refuse_an_earlier_day(database, name, day)
        task = progress.add_task(name, total=sum(purged.rows for purged in foreseen))
        try:
            return await _ran(database, name, retention, day, lambda _, rows: progress.advance(task, rows))
        except AnotherRun:
            why = f"another retention run is at work in {name}, or was a minute ago: wait, and run again"
            raise access.fail(why, STILL_USED) from None


async def _ran(database: Database, name: str, retention: Retention, day: date, tell: running.Tell) -> Result:
    ran, longest_s = await running.run(database, retention, day, tell)
    return Result(name, day, str(ran.run_id), round(longest_s * 1000), _worth_telling(ran.purges))


async def _refuse_an_earlier_day(database: Database, name: str, day: date) -> None:
    async with database.transaction(Purpose.UPKEEP) as tx:
        last = await run_rows.last_day(tx)
    if last and day < last:
        raise access.fail(f"{name} has run as of {last} already: name that day or a later one", WRONG_USE)


def _worth_telling(purges: Sequence[Purged]) -> list[Purged]:
    return [purged for purged in purges if purged.rows or purged.skips]


def _table(results: Sequence[Result], *, dry_run: bool) -> Table:
    table = Table("service", "rows of", "class", "kept from", "would end" if dry_run else "ended", "skipped")
    for result in results:
        for purged in result.purges:
            skips = ", ".join(f"{rows} by {reason}" for reason, rows in purged.skips.items())
            row = (result.service, purged.what, purged.retention, str(purged.cut_off), str(purged.rows), skips)
            table.add_row(*row)
    return table
