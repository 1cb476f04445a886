"""Webhooks to the vendor's own systems, see licensing_0029.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0029"
down_revision = "licensing_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
