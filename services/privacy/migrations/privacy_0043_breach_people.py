"""Alarms before the hours of a breach end, and whom it concerns, see privacy_0043_breach_people.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_breach_people"
down_revision = "privacy_cookie_choices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
