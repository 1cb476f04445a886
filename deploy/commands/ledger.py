"""`./lethe ledger`: whether the file that outlives the databases holds, and a new one where it is lost."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from deploy.commands import access
from deploy.commands.access import STILL_USED, WRONG_USE, Reason
from deploy.commands.console import DISK, Json
from deploy.local.folders import STATE
from deploy.local.system import LEDGER
from services.privacy.ledger import beginning, store, verifying, witnesses
from services.privacy.ledger.beginning import Begun, Known
from services.privacy.ledger.lines import HEX, Mark
from services.privacy.ledger.verifying import Standing, Verdict, Walked, Witness
from shared.contracts.privacy import KnownPermission
from shared.database import Transaction
from shared.purposes import Purpose

PRIVACY = "privacy"
CODES: dict[Standing, int] = {"whole": 0, "broken": 1, "short": 6, "behind": 7}
NOTHING_WRONG = 1

HELP = f"""The ledger: the file, outside every database, of what was decided about people.

It is read from LETHE_LEDGER, or from the folder of this installation, and compared with the databases of all \
services, which remember what a ledger that was cut off does not say. `verify` prints its last line: kept elsewhere, \
`--kept` shows later that it was not cut.

Exit codes: 0 it is whole, or begun; 1 it is broken or not there, or nothing was to be begun now; 6 somebody knows \
more than it says; 7 privacy's database is older; {access.EXIT_CODES}.
"""

app = typer.Typer(help=HELP, no_args_is_help=True)


@dataclass(frozen=True)
class Found:
    """All that was read: the file, privacy's place in it, what others know, and what follows."""

    walked: Walked
    database: Mark
    witnesses: list[Witness]
    verdict: Verdict


@app.command()
def verify(
    kept: Annotated[str, typer.Option("--kept", help="A last line as this command printed it: NUMBER HASH.")] = "",
    as_json: Json = False,
) -> None:
    """Read the whole ledger and see whether it is unchanged and nobody knows more than it says."""
    found = access.run(_found(_kept(kept)))
    typer.echo(json.dumps(_for_machines(found)) if as_json else _in_words(found))
    if code := CODES[found.verdict.standing]:
        raise typer.Exit(code)


@app.command()
def begin(reason: Reason, as_json: Json = False) -> None:
    """Begin a new ledger where the old one is lost, broken or cut off. Privacy must not run.

    It begins with what privacy's database has decided; what could still be read of the old one, and what other
    services know, is replayed when privacy starts. The old file is kept beside it. That this was done is evidence.
    """
    begun = access.run(_begun(access.reason_of(reason)))
    if as_json:
        typer.echo(json.dumps(vars(begun)))
        return
    aside = f"; the old one is {begun.set_aside}" if begun.set_aside else ""
    typer.echo(f"begun with {begun.lines} lines, {begun.replayed} more are replayed when privacy starts{aside}")


def _for_machines(found: Found) -> dict[str, object]:
    walked, verdict = found.walked, found.verdict
    return {
        "standing": verdict.standing,
        "flaws": list(verdict.flaws),
        "lines": walked.end.number,
        "counted": walked.counted,
        "first_day": _iso(walked.first),
        "last_day": _iso(walked.last),
        "last_line": f"{walked.end.number} {walked.end.hash}".strip(),
        "half_a_line": walked.half_a_line,
        "database_line": found.database.number,
        "services": {each.service: each.reached.number for each in found.witnesses},
    }


def _iso(at: datetime | None) -> str | None:
    day = verifying.day(at)
    return day.isoformat() if day else None


def _in_words(found: Found) -> str:
    walked, verdict = found.walked, found.verdict
    days = f", from {_iso(walked.first)} to {_iso(walked.last)}" if walked.first else ""
    half = "; half a line at its end is of a transaction that came to nothing" if walked.half_a_line else ""
    flaws = [f"{verdict.standing}: {flaw}" for flaw in verdict.flaws]
    whole = [] if flaws else ["whole: nobody knows more than it says"]
    last = [f"last line: {walked.end.number} {walked.end.hash}"] if walked.end.number else []
    counted = f"{walked.end.number} lines, of which {walked.counted} count{days}{half}"
    return "\n".join([counted, *last, *flaws, *whole])


def _kept(text: str) -> Mark | None:
    number, _, digest = text.partition(" ")
    if text and not (number.isdecimal() and len(digest) == HEX):
        raise access.fail("--kept wants a line as `./lethe ledger verify` prints it: NUMBER HASH", WRONG_USE)
    return Mark(int(number), 0, digest) if text else None


def folder() -> Path:
    return Path(os.environ.get("LETHE_LEDGER") or STATE / LEDGER)


@contextlib.asynccontextmanager
async def _reading(service: str) -> AsyncIterator[Transaction]:
    """One view of a service's database."""
    async with access.database(service) as database, database.transaction(Purpose.RIGHTS) as tx:
        await tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield tx


@contextlib.contextmanager
def _one_sentence() -> Iterator[None]:
    """Say that the folder can't be read or written; a server that is away is told otherwise."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK:
            raise
        sentence = f"{folder()}: {error.strerror}: make it readable and writable, then once more"
        raise access.fail(sentence, NOTHING_WRONG) from None


async def _found(kept: Mark | None) -> Found:
    witnesses_heard = [await _heard(service) for service in access.services("")]
    database = next(each.reached for each in witnesses_heard if each.service == PRIVACY)
    with _one_sentence():
        walked = await asyncio.to_thread(verifying.walk, folder(), database, [kept] if kept else [])
    async with _reading(PRIVACY) as tx:
        afterwards = await store.mark(tx)
    verdict = verifying.judge(walked, database, witnesses_heard, afterwards=afterwards, kept=kept)
    return Found(walked, afterwards, witnesses_heard, verdict)


async def _heard(service: str) -> Witness:
    async with _reading(service) as tx:
        return await witnesses.testify(tx)


async def _begun(reason: str) -> Begun:
    found = await _found(None)
    if found.verdict.standing in ("whole", "behind"):
        raise access.fail("the ledger is whole: there is nothing to begin", NOTHING_WRONG)
    async with access.database(PRIVACY) as database, database.transaction(Purpose.ERASURE) as tx:
        if await beginning.is_at_work(tx):
            raise access.fail("privacy is running: stop its processes (./lethe down) and try again", STILL_USED)
        known = await _known(tx, found)
        with _one_sentence():
            return await beginning.begin_anew(tx, folder(), reason, found.verdict.flaws, known)


async def _known(tx: Transaction, found: Found) -> Known:
    """What privacy's database lacks: what the old file says behind its place, and what others know."""
    gone = frozenset[UUID]().union(*(each.erased for each in found.witnesses))
    newest, rulings = await witnesses.newest_ruling(tx), dict[int, KnownPermission]()
    for each in found.witnesses:
        if each.ruling > newest:
            async with _reading(each.service) as other:
                pages = [page async for page in witnesses.rulings_after(other, newest)]
                rulings |= {told.version: told for page in pages for told in page}
    erased = await store.unerased(tx, sorted(gone))
    salvaged = verifying.salvaged(found.walked, found.database)
    hold = max(each.hold for each in found.witnesses)
    return Known(salvaged, erased, [rulings[version] for version in sorted(rulings)], hold)
