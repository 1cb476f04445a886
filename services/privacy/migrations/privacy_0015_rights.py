"""Cases of every right, see privacy_0015_rights.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_rights"  # the name by which databases know it
down_revision = "privacy_case_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
