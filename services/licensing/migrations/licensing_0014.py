"""Licenses that ran out, see licensing_0014.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0014"
down_revision = "licensing_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
