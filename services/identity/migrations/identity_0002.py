"""Hashes of addresses begin with the id of their key, see identity_0002.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0002"
down_revision = "identity_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
