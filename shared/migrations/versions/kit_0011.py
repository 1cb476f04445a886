"""What a retention run has done so far, see kit_0011.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0011"
down_revision = "kit_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
