"""Addresses that people used before, see identity_0010.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0010"
down_revision = "identity_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
