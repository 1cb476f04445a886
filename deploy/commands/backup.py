"""`./lethe backup`: encrypted copies of the databases, with the day on which each is over."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.backups import making
from deploy.backups.programs import ProgramFailed
from deploy.commands import access
from deploy.commands.access import NO_RIGHTS, WRONG_USE
from deploy.commands.console import DISK, NOT_RUNNING, Json
from deploy.local import keys, postgres
from deploy.local.folders import STATE
from deploy.local.system import BACKUPS
from services.privacy import backup_shelf
from services.privacy.backup_shelf import Shelved
from services.privacy.settings import PrivacySettings
from shared.clock import today
from shared.settings import UnreadableFile, with_files

HELP = f"""Encrypted copies of the databases, each with the last day on which it exists.

Written to LETHE_BACKUPS, under the key in LETHE_BACKUP_KEY or in the file that LETHE_BACKUP_KEY_FILE names; without \
them in the folder of this installation, under a key of its own: keep a copy of `keys.json` where the backups are not.
They are kept for LETHE_BACKUP_DAYS days (30), which certificates name: give privacy the same setting.

Exit codes: 0 done, 1 not possible now, {access.EXIT_CODES}.
"""
SHORTEST_KEY = 20
FAILED = 1

NAME_WIDTH = len("20261128T144730Z-until-20261228")  # whole in every terminal: a restore is told it
app = typer.Typer(help=HELP, no_args_is_help=True)


@app.command()
def create(
    service: Annotated[str, typer.Argument(help="One service; all when left out.")] = "",
    physical: Annotated[bool, typer.Option("--physical", help="Copy the whole server too.")] = False,
    as_json: Json = False,
) -> None:
    """Back up now."""
    term, secret, at = days(), key(), datetime.now(UTC)
    databases = {name: database_of(name) for name in access.services(service)}
    say = (lambda _: None) if as_json else typer.echo
    with _one_sentence():
        folder = making.make(admin_url(), databases, shelf(), secret, term, at, say)
        if physical:
            making.copy(admin_url(), folder, secret, at)
    _show([each for each in backup_shelf.shelved(shelf()) if each.folder == folder], as_json=as_json)


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Say why no backup was made, with the exit code of its kind."""
    try:
        yield
    except ProgramFailed as error:
        raise access.fail(f"no backup was made: {error}", FAILED) from None
    except access.REFUSED:
        raise access.fail("the server refuses this account: use an administrator's", NO_RIGHTS) from None
    except access.AWAY as error:
        if isinstance(error, OSError) and error.errno in DISK:
            raise access.fail(f"no backup was made: {error.strerror}: free the disk of {shelf()}", FAILED) from None
        raise access.fail("PostgreSQL does not answer: see ./lethe status", NOT_RUNNING) from None


@app.command("list")
def list_backups(as_json: Json = False) -> None:
    """Which backups there are, and until when."""
    _show(backup_shelf.shelved(shelf()), as_json=as_json)


@app.command()
def expire(as_json: Json = False) -> None:
    """Remove what is past its last day; privacy does so every hour where LETHE_BACKUPS is set for it."""
    over = backup_shelf.expire(shelf(), today())
    if as_json:
        typer.echo(json.dumps([each.name for each in over]))
    else:
        typer.echo(f"removed: {len(over)}")


def _show(found: list[Shelved], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([_facts(each) for each in found]))
    elif not found:
        typer.echo("there is no backup")
    else:
        table = Table(Column("backup", no_wrap=True, min_width=NAME_WIDTH), "holds", "MB", "last day")
        for each in found:
            size = sum(file.stat().st_size for file in each.files) / 1e6
            table.add_row(each.name, ", ".join(file.stem for file in each.files), f"{size:.1f}", f"{each.until}")
        Console().print(table)


def _facts(each: Shelved) -> dict[str, object]:
    files = {file.stem: file.stat().st_size for file in each.files}
    return {"name": each.name, "made_at": each.made_at.isoformat(), "until": each.until.isoformat(), "bytes": files}


def shelf() -> Path:
    return Path(os.environ.get("LETHE_BACKUPS") or STATE / BACKUPS)


def days() -> int:
    """For how long a backup made now is kept. Ends the command for what is no number of days."""
    least, most = 1, 3660
    default = PrivacySettings.model_fields["backup_days"].default
    text = os.environ.get("LETHE_BACKUP_DAYS") or str(default)
    if not text.isdigit() or not least <= int(text) <= most:
        raise access.fail(f"LETHE_BACKUP_DAYS wants a number of days, {least} to {most}", WRONG_USE)
    return int(text)


def key() -> str:
    """What backups are encrypted with; never on the command line, where everybody on the machine could read it."""
    try:
        said = with_files(os.environ, "LETHE_BACKUP_").get("key")
    except UnreadableFile as error:
        raise access.fail(str(error), WRONG_USE) from None
    if said is not None and len(said) < SHORTEST_KEY:
        raise access.fail(f"LETHE_BACKUP_KEY wants {SHORTEST_KEY} characters at least", WRONG_USE)
    if said is None and access.is_elsewhere():
        raise access.fail("LETHE_BACKUP_KEY or LETHE_BACKUP_KEY_FILE must say what to encrypt with", WRONG_USE)
    return said or keys.backup_key(STATE)


def admin_url() -> str:
    """The server, as its administrator: named in the environment, or the private one if it runs."""
    if url := os.environ.get("LETHE_POSTGRES_ADMIN_URL"):
        return url
    if access.no_private_postgres():
        raise access.fail("no PostgreSQL is running: start it with ./lethe servers up", NOT_RUNNING)
    return postgres.start(STATE, durable=True).admin_url


def database_of(service: str) -> str:
    """The database of a service, which its own URL may name."""
    own = os.environ.get(f"LETHE_{service.upper()}_POSTGRES_URL")
    return urlsplit(own).path.lstrip("/") if own else service
