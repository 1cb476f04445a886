"""Restrictions and objections as cases, and who has confirmed them, see privacy_0017_blocks.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_blocks"  # the name by which databases know it
down_revision = "privacy_copies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
