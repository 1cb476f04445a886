"""Visitors' choices about their devices, see privacy_0042_cookie_choices.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_cookie_choices"
down_revision = "privacy_authority_requests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
