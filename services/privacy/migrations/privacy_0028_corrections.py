"""Corrections that services apply, see privacy_0028_corrections.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_corrections"
down_revision = "privacy_recipients"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
