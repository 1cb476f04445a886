"""Which versions of a data map are at work, see kit_0007_maps_at_work.sql."""

from shared.migrations import run_sql_beside

revision = "kit_maps_at_work"  # the name by which databases know it
down_revision = "kit_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
