"""Corrections name their cause, see licensing_0011.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0011"
down_revision = "licensing_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
