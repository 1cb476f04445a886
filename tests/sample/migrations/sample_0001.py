"""Notes, receipts and memberships."""

from shared.migrations import run_sql_beside

revision = "sample_0001"
down_revision = "kit_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
