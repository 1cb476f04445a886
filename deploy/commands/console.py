"""What all commands share: exit codes, and failures in one sentence."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from deploy.local.folders import StartError

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

NOT_STARTED = 1
NOT_RUNNING = 3  # as `systemctl status` says it
ID_WIDTH = 36  # whole on a narrow screen too: it is what the other commands ask for
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG)


@contextmanager
def one_sentence_per_failure() -> Iterator[None]:
    """Show the reason of a failed start, not where in the code it was noticed."""
    try:
        yield
    except StartError as error:
        typer.echo(f"lethe: {error}", err=True)
        raise typer.Exit(NOT_STARTED) from None
    except OSError as error:
        if error.errno not in DISK:
            raise
        typer.echo(f"lethe: {error}: free the disk or repair the folder, and start again", err=True)
        raise typer.Exit(NOT_STARTED) from None


def age(seconds: float) -> str:
    """How long ago, in the largest unit that fits."""
    for limit, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= limit:
            return f"{seconds / limit:.0f} {unit}"
    return f"{seconds:.0f} s"
