"""Withdrawals, and what goes back by transfer, see licensing_0016.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0016"
down_revision = "licensing_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
