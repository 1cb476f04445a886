"""Who of the staff looked somebody's purchases up, see licensing_0027.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0027"
down_revision = "licensing_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
