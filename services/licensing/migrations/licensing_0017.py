"""Invoices stay as they were issued, see licensing_0017.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0017"
down_revision = "licensing_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
