"""A case is found by its mailbox, see privacy_0007_case_addresses.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_case_addresses"  # the name by which databases know it
down_revision = "privacy_code_limits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
