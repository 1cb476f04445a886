"""Restrictions of a part, see privacy_0025_parts.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_parts"  # the name by which databases know it
down_revision = "privacy_found"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
