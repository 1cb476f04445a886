"""Many messages entered at once, see kit_0003.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0003"
down_revision = "kit_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
