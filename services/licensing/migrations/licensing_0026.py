"""People from whom no orders are taken, see licensing_0026.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0026"
down_revision = "licensing_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
