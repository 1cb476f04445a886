"""Counting what searches found, see privacy_0024_found.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_found"  # the name by which databases know it
down_revision = "privacy_rectification"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
