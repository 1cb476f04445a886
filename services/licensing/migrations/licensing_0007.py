"""The end of a license can be undone for a week, see licensing_0007.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0007"
down_revision = "licensing_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
