"""What is held without a key to a person, see privacy_0009_unkeyed.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_unkeyed"  # the name by which databases know it
down_revision = "privacy_case_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
