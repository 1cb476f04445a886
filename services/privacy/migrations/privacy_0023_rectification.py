"""Rectification as a case, see privacy_0023_rectification.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_rectification"  # the name by which databases know it
down_revision = "privacy_objections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
