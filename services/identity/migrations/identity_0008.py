"""Businesses abroad name the VAT number of their country, see identity_0008.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0008"
down_revision = "identity_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
