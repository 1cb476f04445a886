"""The search for what an erasure left behind, see privacy_0021_traces.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_traces"  # the name by which databases know it
down_revision = "privacy_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
