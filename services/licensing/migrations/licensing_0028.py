"""Invoices as KSeF has them, see licensing_0028.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0028"
down_revision = "licensing_0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
