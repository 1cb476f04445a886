"""Orders that renew a license, see licensing_0022.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0022"
down_revision = "licensing_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
