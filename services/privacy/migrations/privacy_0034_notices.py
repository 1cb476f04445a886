"""Notices from draft to publication, see privacy_0034_notices.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_notices"
down_revision = "privacy_retention_runs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
