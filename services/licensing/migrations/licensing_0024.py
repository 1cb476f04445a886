"""Disputes of payments, and why a license is suspended, see licensing_0024.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0024"
down_revision = "licensing_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
