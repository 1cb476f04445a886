"""Dropped dead letters with their reasons, see kit_0007.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0007"
down_revision = "kit_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
