"""`./lethe notice`: the privacy notice, made from the register and the data maps."""

from typing import Annotated

import typer

from deploy.commands.console import one_sentence_per_failure
from deploy.commands.register import FAILED, Lang
from deploy.register import documents
from services.privacy.documents.notice.edition import Incomplete
from services.privacy.documents.notice.pages import Format
from services.privacy.register.loading import RegisterRefused


def notice(
    lang: Lang = "pl",
    shape: Annotated[Format, typer.Option("--format", help="html, markdown or json.")] = "markdown",
    diff: Annotated[
        int, typer.Option(min=0, help="What has changed since this version; needs the running system.")
    ] = 0,
) -> None:
    """Print the notice, or what has changed since a published version.

    It carries number and date if the running system has published it like this; otherwise it is a draft.
    Privacy drafts it by itself when it has changed and nothing is missing; an officer approves and publishes it.
    """
    with one_sentence_per_failure():
        try:
            shown = documents.changes(lang, diff) if diff else documents.notice(lang, shape)
        except (RegisterRefused, Incomplete) as refused:
            typer.echo(f"lethe: {refused}", err=True)
            raise typer.Exit(FAILED) from None
    typer.echo(shown, nl=False)
