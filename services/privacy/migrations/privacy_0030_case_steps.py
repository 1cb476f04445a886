"""What happened to cases, noted a statement at a time, see privacy_0030_case_steps.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_case_steps"
down_revision = "privacy_evidence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
