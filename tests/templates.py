"""A migrated database per service, made once for all modules of a run and copied for each of them."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import asyncpg

from deploy import databases
from shared import migrations

LOCK = "SELECT pg_advisory_lock(4542)"
"""Kinds of tests run side by side: one of them makes the template, the other waits for it."""


async def copy(
    admin_url: str, service: str, database: str, *, secret: str, migrations_folder: Path
) -> databases.DatabaseUrls:
    """Make `database` as `databases.create` does, which has made the template, its roles and the rights within."""
    template = f"{service}_template_{_fingerprint(migrations_folder)}"
    admin = await asyncpg.connect(admin_url, timeout=60)
    try:
        await admin.execute(LOCK)
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1 AND NOT datallowconn", template):
            await admin.execute(f"DROP DATABASE IF EXISTS {template} WITH (FORCE)")
            await databases.create(
                admin_url, service, secret=secret, database=template, migrations_folder=migrations_folder
            )
            await admin.execute(f"ALTER DATABASE {template} ALLOW_CONNECTIONS false")  # finished
        # its files as they are: through the log, making and dropping one takes two to four times as long
        await admin.execute(f"CREATE DATABASE {database} OWNER {service}_owner TEMPLATE {template} STRATEGY file_copy")
        await databases.let_in(admin, database, service)
    finally:
        await admin.close()
    return databases.urls_of(admin_url, service, secret=secret, database=database)


@cache
def _fingerprint(migrations_folder: Path) -> str:
    """Another one for other migrations, on servers that outlive a run."""
    digest = hashlib.sha256()
    for path in sorted(_files((migrations.HERE / "versions", migrations_folder))):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _files(folders: Iterable[Path]) -> Iterable[Path]:
    return (path for folder in folders for path in folder.iterdir() if path.suffix in {".py", ".sql"})
