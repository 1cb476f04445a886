"""Telling recipients, see privacy_0027_recipients.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_recipients"
down_revision = "privacy_wishes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
