"""Consumers that are paused, and what waits in the retry tiers, see kit_0006.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0006"
down_revision = "kit_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
