"""Where each version of the notice was seen, see privacy_0036_notice_seen.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_notice_seen"
down_revision = "privacy_notice_told"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
