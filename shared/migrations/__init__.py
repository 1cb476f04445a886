"""Bring a service's database to its newest shape."""

from pathlib import Path
from typing import Any

from alembic import command, op
from alembic.config import Config
from alembic.script import ScriptDirectory

HERE = Path(__file__).parent


def upgrade(service_migrations: Path, url: str, to: str = "heads") -> None:
    """Apply the kit's migrations and those in `service_migrations`, all in one transaction.

    `url` is that of the owner role (`postgresql://...`). Raises what PostgreSQL or Alembic raise.
    """
    command.upgrade(_config(service_migrations, url), to)


def run_sql_beside(revision_file: str) -> None:
    """Run the `.sql` file beside a revision, as it is: PostgreSQL reads it, nothing is interpolated."""
    connection: Any = op.get_bind().connection.driver_connection
    connection.execute(Path(revision_file).with_suffix(".sql").read_text())


def scripts(service_migrations: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(service_migrations, ""))


def _config(service_migrations: Path, url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", f"{HERE / 'versions'}\n{service_migrations}")
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "sqlalchemy.url", url.replace("postgresql://", "postgresql+psycopg://", 1).replace("%", "%%")
    )
    return config
