"""Which data map a participant works by, see privacy_0013_maps_in_force.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_maps_in_force"  # the name by which databases know it
down_revision = "privacy_departures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
