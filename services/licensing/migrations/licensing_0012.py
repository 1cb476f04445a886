"""What ends with its license or order, see licensing_0012.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0012"
down_revision = "licensing_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
