"""A case remembers the orders before its last one, see privacy_rounds.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_rounds"
down_revision = "privacy_register"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
