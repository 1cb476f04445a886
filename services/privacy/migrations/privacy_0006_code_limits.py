"""Codes are counted by mailbox, see privacy_0006_code_limits.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_code_limits"  # the name by which databases know it
down_revision = "privacy_rounds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
