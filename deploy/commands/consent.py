"""`./lethe consent`: the proof of what somebody agreed to."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.commands import access
from deploy.commands.asking import EXIT_CODES, ask
from deploy.commands.console import Json
from shared.contracts.privacy import consent_proofs

HELP = f"""What somebody agreed to: prove.

Exit codes: {EXIT_CODES}.
"""

app = typer.Typer(help=HELP, no_args_is_help=True)


@app.callback()
def group() -> None:
    """A group, also while it has one command."""


@app.command()
def prove(
    email: Annotated[
        str,
        typer.Option(prompt="E-mail", help="The address; asked for where it is left out."),
    ],
    as_json: Json = False,
) -> None:
    """Tell what whoever had this address decided, by which words, and where the evidence says so.

    It is found after an erasure, too, as long as the proof is kept. Leave --email out where others can read what
    you type into a shell: it is asked for. `./lethe evidence verify` shows that the log holds.
    """
    found = ask(consent_proofs.FindConsentProofs, email=email).proofs
    if as_json:
        typer.echo(consent_proofs.Proofs(proofs=found).model_dump_json())
    elif found:
        Console().print(_table(found))
    else:
        raise access.fail("nobody who had this address decided anything that is still kept", access.NOTHING_FOUND)


def _table(proofs: tuple[consent_proofs.ConsentProof, ...]) -> Table:
    table = Table("at", "decision", "by which words", "where and how", "notice", "in the evidence", "kept until")
    for each in proofs:
        decision = f"{'yes to' if each.given else 'no to'} {each.purpose}"
        words = f"{each.text_version} ({each.language}): {each.words}" if each.words else each.text_version
        notice = str(each.notice_version or "")
        entry = "not yet" if each.entry is None else f"entry {each.entry}"
        until = str(each.retain_until or "as long as it holds")
        where = f"{each.surface}, {each.method}"
        table.add_row(f"{each.decided_at:%Y-%m-%d %H:%M} UTC", decision, words, where, notice, entry, until)
    return table
