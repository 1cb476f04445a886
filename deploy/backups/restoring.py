"""Restoring a dump: into a new database beside the present one, which it replaces in one step once it is whole."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg

from deploy.backups import making, programs, sealed
from deploy.databases import SERVICES_FOLDER

RESTORE = ("--exit-on-error", "--single-transaction", "--no-password")
SEEN_OFF_WITHIN_S = 1.0
"""So long PostgreSQL may take to see off the connections of a service that has ended."""
LOOKS_EVERY_S = 0.05
SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = $1 AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class CannotRestore(Exception):
    """Nothing was changed; the message says why and what to do."""


class StillRunning(CannotRestore):
    """Somebody works with the database."""


@dataclass(frozen=True)
class Target:
    """Which database of a server is replaced, and whose it is."""

    admin_url: str
    service: str
    database: str


def check(file: Path, service: str, key: str, migrations: Path | None = None) -> dict[str, Any]:
    """What the backup says of itself. Raises CannotRestore: another service's, a newer one, another key, no backup."""
    try:
        said = sealed.about(file)
    except FileNotFoundError:
        raise CannotRestore(f"there is no backup {file.name} there: see ./lethe backup list") from None
    except (sealed.Unreadable, OSError) as error:
        raise CannotRestore(f"{file} {error}") from None
    if said["kind"] != "dump" or said["service"] != service:
        raise CannotRestore(f"{file} is of {said['service']} and not of {service}: name a backup of {service}")
    if said["key_id"] != sealed.key_id(key):
        raise CannotRestore(f"{file} was written with another key than LETHE_BACKUP_KEY: name that one")
    known = known_revisions(migrations or SERVICES_FOLDER / service / "migrations")
    if unknown := sorted(set(said["revisions"]) - known):
        raise CannotRestore(f"{file} is of a newer release (it has {unknown[0]}): restore it with that one")
    return said


def known_revisions(folder: Path) -> set[str]:
    """All shapes that this release knows of a database, the kit's among them."""
    from shared import migrations  # noqa: PLC0415 Alembic takes longer to load than most commands to run

    return {script.revision for script in migrations.scripts(folder).walk_revisions()}


async def restore(file: Path, target: Target, key: str, migrations: Path | None = None) -> None:
    """Replace a database. Raises CannotRestore; until everything is loaded and proved nothing is changed."""
    said = check(file, target.service, key, migrations)
    fresh = f"{target.database}_restoring"
    admin = await asyncpg.connect(target.admin_url, timeout=10)
    try:
        await _require_idle(admin, target)
        await admin.execute(f"DROP DATABASE IF EXISTS {fresh}")
        await admin.execute(f"CREATE DATABASE {fresh} OWNER {target.service}_owner")
        try:
            await _load(file, programs.at(target.admin_url, fresh), key, said["revisions"])
            await _grant(admin, fresh, target.service)
            await _exchange(admin, target, fresh)
        except BaseException:
            await admin.execute(f"DROP DATABASE IF EXISTS {fresh} WITH (FORCE)")
            raise
    finally:
        await admin.close()


async def _require_idle(admin: asyncpg.Connection, target: Target) -> None:
    deadline = monotonic() + SEEN_OFF_WITHIN_S
    while await admin.fetchval(SESSIONS, target.database):
        if monotonic() > deadline:
            raise StillRunning(f"{target.service} is running: stop its processes (./lethe down) and try again")
        await asyncio.sleep(LOOKS_EVERY_S)


async def _load(file: Path, url: str, key: str, revisions: list[str]) -> None:
    try:
        await asyncio.to_thread(programs.feed, "pg_restore", url, RESTORE, sealed.opened(file, key))
    except (sealed.Unreadable, OSError) as error:
        raise CannotRestore(f"{file} {error}") from None
    except programs.ProgramFailed as error:
        raise CannotRestore(f"{file} can't be loaded: {error}") from None
    if await making.revisions(url) != revisions:
        raise CannotRestore(f"{file} holds another database than it says: take another backup")


async def _grant(admin: asyncpg.Connection, database: str, service: str) -> None:
    await admin.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    await admin.execute(f"GRANT CONNECT ON DATABASE {database} TO {service}_app")


async def _exchange(admin: asyncpg.Connection, target: Target, fresh: str) -> None:
    """Both names in one transaction; what was there before would be a copy that no erasure reaches, and goes."""
    replaced = f"{target.database}_replaced"
    await admin.execute(f"DROP DATABASE IF EXISTS {replaced} WITH (FORCE)")
    try:
        async with admin.transaction():
            if await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", target.database):
                await admin.execute(f"ALTER DATABASE {target.database} RENAME TO {replaced}")
            await admin.execute(f"ALTER DATABASE {fresh} RENAME TO {target.database}")
    except asyncpg.ObjectInUseError:
        raise StillRunning(f"{target.service} is running: stop its processes (./lethe down) and try again") from None
    await admin.execute(f"DROP DATABASE IF EXISTS {replaced} WITH (FORCE)")
