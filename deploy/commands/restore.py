"""`./lethe restore`: put back the database of a service as a backup has it."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.backups import restoring
from deploy.backups.cluster import unpack
from deploy.backups.making import CLUSTER
from deploy.backups.restoring import CannotRestore, Target
from deploy.commands import access, backup
from deploy.commands.access import NOTHING_FOUND, STILL_USED, WRONG_USE
from services.privacy import backup_shelf
from shared.clock import today

ALL = "all"


def restore(
    service: Annotated[str, typer.Argument(help="Whose database is put back; `all` of the backup, or `cluster`.")],
    name: Annotated[str, typer.Argument(metavar="BACKUP", help="As `./lethe backup list` names it, or a file.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    to: Annotated[str, typer.Option("--to", metavar="FOLDER", help="Of `cluster`: the data folder to be made.")] = "",
) -> None:
    """Put back a database while its service does not run; what it holds now is gone then.

    It is loaded beside the present one, which it replaces once it is whole and proved. Started again, the service
    serves nobody before everything is replayed that was decided since.

    Exit codes: 0 done, 1 the service is running, 2 wrong use or no sound backup, 3 a server does not answer, 4 no such
    backup, 5 no rights.
    """
    if service == CLUSTER:
        _unpack(name, to)
        return
    files, key = _files(service, name), backup.key()
    try:
        for each, file in files.items():
            restoring.check(file, each, key)
        if not yes and not typer.confirm(f"Replace what {', '.join(files)} holds now?"):
            raise typer.Exit
        for each, file in files.items():
            access.run(restoring.restore(file, Target(backup.admin_url(), each, backup.database_of(each)), key))
            typer.echo(f"{each}: restored; start it, and it takes over what was decided since")
    except restoring.StillRunning as error:
        raise access.fail(str(error), STILL_USED) from None
    except CannotRestore as error:
        raise access.fail(str(error), WRONG_USE) from None


def _unpack(name: str, to: str) -> None:
    """Make a data folder of a physical copy, for a PostgreSQL of the same major version to be started on."""
    if not to:
        raise access.fail("say where the data folder is to be made: --to FOLDER", WRONG_USE)
    file = backup.shelf() / name / f"{CLUSTER}.tar"
    if not file.is_file():
        raise access.fail(f"{name} holds no copy of a server: see ./lethe backup list", NOTHING_FOUND)
    try:
        unpack(file, Path(to), backup.key())
    except CannotRestore as error:
        raise access.fail(str(error), WRONG_USE) from None
    typer.echo(f"{to}: unpacked; start PostgreSQL on it, then the services")


def _files(service: str, name: str) -> dict[str, Path]:
    """Which file is for which service. Ends the command where there is none."""
    folder = next((each for each in backup_shelf.shelved(backup.shelf()) if each.name == name), None)
    if folder and folder.until < today():
        raise access.fail(f"{name} was over after {folder.until}: `./lethe backup expire` removes it", WRONG_USE)
    if folder is None and not Path(name).is_file():
        raise access.fail(f"there is no backup {name}: see ./lethe backup list", NOTHING_FOUND)
    if folder is None:
        return {access.services(service)[0]: Path(name)}
    found = {file.stem: file for file in folder.files if file.suffix == ".dump"}
    wanted = found if service == ALL else {each: found.get(each) for each in access.services(service)}
    if missing := [each for each, file in wanted.items() if file is None]:
        raise access.fail(f"{name} holds nothing of {missing[0]}: see ./lethe backup list", NOTHING_FOUND)
    return {each: file for each, file in wanted.items() if file is not None}
