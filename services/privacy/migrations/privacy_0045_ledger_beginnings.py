"""New ledgers in the place of lost ones, see privacy_0045_ledger_beginnings.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_ledger_beginnings"
down_revision = "privacy_breach_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
