"""Campaigns pause and can be cancelled, readers are asked before they are dropped, see marketing_0003.sql."""

from shared.migrations import run_sql_beside

revision = "marketing_0003"
down_revision = "marketing_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
