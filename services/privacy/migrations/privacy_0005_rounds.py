"""A case remembers the orders before its last one, see privacy_0005_rounds.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_rounds"  # the name by which databases know it
down_revision = "privacy_register"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
