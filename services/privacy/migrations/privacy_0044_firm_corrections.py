"""Corrections of firms and countries, see privacy_0044_firm_corrections.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_firm_corrections"
down_revision = "privacy_breach_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
