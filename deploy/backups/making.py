"""Making backups: a dump of each database, and a physical copy of the whole server."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import asyncpg

from deploy.backups import programs, sealed
from deploy.local.folders import private_folder
from services.privacy import backup_shelf

# The keys of copies and what is searched for after an erasure stand in unlogged tables so that no backup has them.
DUMP = ("--format=custom", "--compress=gzip:1", "--no-password", "--no-unlogged-table-data")
COPY = ("--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast", "--no-password", "--no-manifest")
CLUSTER = "cluster"
REVISIONS = "SELECT array_agg(version_num ORDER BY version_num) FROM alembic_version"
Tell = Callable[[str], None]


def make(
    admin_url: str, databases: Mapping[str, str], shelf: Path, key: str, days: int, at: datetime, tell: Tell
) -> Path:
    """Back up the databases, by service; answers the folder. Raises ProgramFailed, OSError."""
    folder = private_folder(backup_shelf.new_folder(private_folder(shelf), at, days))
    try:
        for service, database in databases.items():
            tell(f"{service} ...")
            dump(programs.at(admin_url, database), service, folder / f"{service}.dump", key, at)
    except BaseException:
        shutil.rmtree(folder)  # what holds but some of the databases would be taken for a whole backup
        raise
    return folder


def dump(url: str, service: str, file: Path, key: str, at: datetime) -> None:
    """One database as pg_dump writes it."""
    about = {"kind": "dump", "service": service, "made_at": at.isoformat(), "revisions": asyncio.run(revisions(url))}
    sealed.seal(file, key, about, programs.output("pg_dump", url, DUMP))


def copy(admin_url: str, folder: Path, key: str, at: datetime) -> Path:
    """The whole server as pg_basebackup copies it, with the log that makes it consistent."""
    file = private_folder(folder) / f"{CLUSTER}.tar"
    about = {"kind": "copy", "service": CLUSTER, "made_at": at.isoformat()}
    sealed.seal(file, key, about, programs.output("pg_basebackup", admin_url, COPY))
    return file


async def revisions(url: str) -> list[str]:
    """Of which shape a database is."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        found: list[str] = await connection.fetchval(REVISIONS)
        return found
    finally:
        await connection.close()
