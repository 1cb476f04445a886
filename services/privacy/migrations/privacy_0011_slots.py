"""What each participant has not answered yet, see privacy_0011_slots.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_slots"  # the name by which databases know it
down_revision = "privacy_older_hashes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
