"""What retention runs did, as evidence, see privacy_0033_retention_runs.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_retention_runs"
down_revision = "privacy_staff_acts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
