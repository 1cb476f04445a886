"""Rows that the law keeps are updated in place, see kit_0002.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0002"
down_revision = "kit_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
