"""Legal reasons are lists, see kit_0004.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0004"
down_revision = "kit_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
