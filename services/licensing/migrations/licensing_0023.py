"""Floating seats and overage, see licensing_0023.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0023"
down_revision = "licensing_0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
