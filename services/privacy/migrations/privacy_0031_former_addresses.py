"""Cases by an address that somebody used before, see privacy_0031_former_addresses.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_former_addresses"
down_revision = "privacy_case_steps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
