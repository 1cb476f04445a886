"""The replica of legal holds, see kit_0009.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0009"
down_revision = "kit_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
