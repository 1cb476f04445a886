"""`./lethe evidence`: the signed head of the log, and whether a certificate or the whole log holds."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Console
from rich.progress import Progress

from deploy.commands import access
from deploy.commands.access import WRONG_USE
from deploy.commands.asking import ask
from deploy.commands.console import Json
from deploy.local.folders import STATE
from deploy.local.keys import keys_of, variable
from services.privacy.evidence import checkpoints, store
from services.privacy.evidence.audit import Audited, audit
from services.privacy.evidence.checkpoints import Head, NotACheckpoint
from services.privacy.evidence.offline import NotProved, entered_at
from shared.contracts import privacy
from shared.purposes import Purpose
from shared.secrets import Keyring

HELP = f"""An append-only log of what was done: cases, consents, reports, holds, published documents, certificates.

Entries hold random ids and digests, no values. The head is signed and covers every entry before it: keep one \
elsewhere (`./lethe evidence head > FILE`) and `verify FILE` shows later that nothing before it was changed.

Exit codes: 0 it holds, 1 it does not, {access.EXIT_CODES}.
"""
PRIVACY = "privacy"
NOT_PROVED = 1
MOST_BYTES = 10_000_000

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.command()
def head(as_json: Json = False) -> None:
    """Print the newest signed head, to be kept where nobody can change it."""
    shown = ask(privacy.ReadEvidenceHead)
    typer.echo(shown.model_dump_json() if as_json else shown.checkpoint, nl=as_json)


@app.command()
def keys(as_json: Json = False) -> None:
    """Print the public keys that certificates and heads are checked with, newest first."""
    texts = ask(privacy.ReadEvidenceHead).keys
    typer.echo(json.dumps(texts) if as_json else "\n".join(texts))


@app.command()
def verify(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A certificate as JSON, or a head kept before.")] = "",
    key: Annotated[list[str] | None, typer.Option("--key", help="A public key; this installation's without.")] = None,
    as_json: Json = False,
) -> None:
    """Check a certificate offline, the log against a head, or without FILE the whole log and its rows."""
    known = [_key(text) for text in key] if key else _own_keys()
    text = _text(file) if file else ""
    if text.lstrip().startswith("{"):
        _certificate(file, text, known, as_json=as_json)
        return
    try:
        kept = checkpoints.read(text, {checkpoints.key_hash(each): each for each in known}) if file else None
    except NotACheckpoint as error:
        raise access.fail(f"{file} is neither a certificate nor a head of this log: {error}", WRONG_USE) from None
    _whole_log(access.run(_audited(known, kept, quiet=as_json)), kept, as_json=as_json)


def _certificate(file: str, text: str, known: list[Ed25519PublicKey], *, as_json: bool) -> None:
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError:
        raise access.fail(f"{file} is no whole JSON: it was cut off, fetch the certificate again", WRONG_USE) from None
    try:
        at, flaw = entered_at(document, known).isoformat(), None
    except NotProved as error:
        at, flaw = None, str(error)
    if as_json:
        typer.echo(json.dumps({"proved": not flaw, "entered_at": at, "flaws": [flaw] if flaw else []}))
    else:
        typer.echo(f"not proved: {flaw}" if flaw else f"proved: this certificate was entered into the log at {at}")
    if flaw:
        raise typer.Exit(NOT_PROVED)


def _whole_log(audited: Audited, kept: Head | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"proved": not audited.flaws, "entries": audited.size, "flaws": audited.flaws}))
    else:
        since = f", and begins with the {kept.size} of the head that was kept" if kept else ""
        typer.echo(
            "\n".join(f"not proved: {flaw}" for flaw in audited.flaws)
            or f"proved: the log holds with {audited.size} entries{since}"
        )
    if audited.flaws:
        raise typer.Exit(NOT_PROVED)


async def _audited(known: list[Ed25519PublicKey], kept: Head | None, *, quiet: bool) -> Audited:
    """The whole log, read in one view of it."""
    audited = Audited()
    async with access.database(PRIVACY) as database, database.transaction(Purpose.RIGHTS) as tx:
        await tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        shown = await store.head(tx)
        with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
            task = progress.add_task("entries", total=shown.size if shown else None)
            async for audited in audit(tx, known, kept):
                progress.update(task, completed=audited.size)
    return audited


def _own_keys() -> list[Ed25519PublicKey]:
    """The keys of the installation on this machine."""
    setting = os.environ.get(variable(PRIVACY)) or keys_of(STATE, PRIVACY)[variable(PRIVACY)]
    return checkpoints.verifier_keys(Keyring(PRIVACY, setting))


def _key(text: str) -> Ed25519PublicKey:
    try:
        return checkpoints.read_key(text)
    except ValueError:
        raise access.fail("--key wants a key as `./lethe evidence keys` prints it", WRONG_USE) from None


def _text(file: str) -> str:
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MOST_BYTES).decode()
    except OSError as error:
        raise access.fail(f"{file} can't be read: {error.strerror}", WRONG_USE) from None
    except UnicodeDecodeError:
        raise access.fail(f"{file} is no text: it is neither a certificate nor a head", WRONG_USE) from None
