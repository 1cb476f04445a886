"""Trials, and what is remembered of them, see licensing_0021.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0021"
down_revision = "licensing_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
