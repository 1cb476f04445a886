"""Disputes of payments, and why a license is suspended, see licensing_0025.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0025"
down_revision = "licensing_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
