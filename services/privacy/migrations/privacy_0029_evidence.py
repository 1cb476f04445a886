"""An append-only log of what was done, see privacy_0029_evidence.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_evidence"
down_revision = "privacy_corrections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
