"""What is left of the activity log, see identity_0011.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0011"
down_revision = "identity_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
