"""Every transition of a case is known to its machine and noted, see privacy_0014_case_events.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_case_events"  # the name by which databases know it
down_revision = "privacy_maps_in_force"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
