"""Participants leave by an act with a reason, see privacy_0012_departures.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_departures"  # the name by which databases know it
down_revision = "privacy_slots"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
