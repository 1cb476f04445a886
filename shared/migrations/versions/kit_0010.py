"""Restrictions of a purpose or of a category of data, see kit_0010.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0010"
down_revision = "kit_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
