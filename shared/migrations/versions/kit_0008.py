"""Dropped dead letters with their reasons, see kit_0008.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0008"
down_revision = "kit_maps_at_work"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
