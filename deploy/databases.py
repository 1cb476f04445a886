"""Set up each service's database: two roles, least privilege, migrations."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.passwords import password

# On the role, not on the connection, so that a pooler may stand between. Generic plans: planning the
# statement of an erasure takes 3 to 18 ms, running it for one person 0.5 to 2 ms (measured).
WORKING_ROLE_SETTINGS = ("plan_cache_mode = force_generic_plan", "jit = off", "lock_timeout = '30s'")

# Before PostgreSQL 17 only a table's owner may vacuum it, and the working role owns none: there autovacuum does.
MAINTAIN_SINCE = 17

SERVICES_FOLDER = Path(__file__).parents[1] / "services"


@dataclass(frozen=True)
class DatabaseUrls:
    """Where one service's data is, as its owner and as its working role."""

    owner: str
    app: str


async def create(
    admin_url: str, service: str, *, secret: str, database: str = "", migrations_folder: Path | None = None
) -> DatabaseUrls:
    """Create the database `database` (default: the service's name) with its roles, and migrate it.

    Idempotent: an existing database keeps its data; the passwords follow from `secret`.
    """
    database = database or service
    admin = await asyncpg.connect(admin_url, timeout=10)
    try:
        await admin.execute("SELECT pg_advisory_lock(4541)")  # roles are shared by all databases
        for role in (f"{service}_owner", f"{service}_app"):
            await _role(admin, role, secret)
        for setting in WORKING_ROLE_SETTINGS:
            await admin.execute(f"ALTER ROLE {service}_app SET {setting}")
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
            await admin.execute(f"CREATE DATABASE {database} OWNER {service}_owner")
        await let_in(admin, database, service)
    finally:
        await admin.close()
    urls = urls_of(admin_url, service, secret=secret, database=database)
    await _default_privileges(urls.owner, f"{service}_app")
    from shared import migrations  # noqa: PLC0415 Alembic takes longer to load than most commands to run

    migrations.upgrade(migrations_folder or SERVICES_FOLDER / service / "migrations", urls.owner)
    return urls


async def let_in(admin: asyncpg.Connection, database: str, service: str) -> None:
    """Let the service's working role into a database, and nobody else: rights that no template hands on."""
    await admin.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    await admin.execute(f"GRANT CONNECT ON DATABASE {database} TO {service}_app")


def urls_of(admin_url: str, service: str, *, secret: str, database: str) -> DatabaseUrls:
    """Where a service's data is, as both of its roles, on a server that was set up with this secret."""
    owner, app = (
        _url(admin_url, role, password(secret, role), database) for role in (f"{service}_owner", f"{service}_app")
    )
    return DatabaseUrls(owner, app)


def working_url(admin_url: str, service: str, *, secret: str) -> str:
    """Where a service's data is, as its working role, on a server that was set up with this secret."""
    return urls_of(admin_url, service, secret=secret, database=service).app


async def _role(admin: asyncpg.Connection, role: str, secret: str) -> None:
    own = password(secret, role)
    exists = await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    await admin.execute(f"{verb} ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{own}'")


async def _default_privileges(owner_url: str, app: str) -> None:
    owner = await asyncpg.connect(owner_url, timeout=10)
    try:
        await owner.execute(f"GRANT USAGE ON SCHEMA public TO {app}")
        may_vacuum = ", MAINTAIN" if owner.get_server_version().major >= MAINTAIN_SINCE else ""
        for what, where in (
            (f"SELECT, INSERT, UPDATE, DELETE{may_vacuum}", "TABLES"),
            ("USAGE, SELECT", "SEQUENCES"),
            ("EXECUTE", "FUNCTIONS"),
        ):
            await owner.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {what} ON {where} TO {app}")
    finally:
        await owner.close()


def _url(admin_url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(admin_url)
    host = f"{parts.hostname}:{parts.port or 5432}"
    return urlunsplit((parts.scheme, f"{role}:{quote(password, safe='')}@{host}", f"/{database}", parts.query, ""))
