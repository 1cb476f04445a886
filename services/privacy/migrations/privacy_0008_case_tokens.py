"""A code may also prove an address for a new case token, see privacy_0008_case_tokens.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_case_tokens"  # the name by which databases know it
down_revision = "privacy_case_addresses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
