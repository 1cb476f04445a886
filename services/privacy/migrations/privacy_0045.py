"""New ledgers in the place of lost ones, people of a breach by what is held of them, see privacy_0045.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_ledger_and_scopes"
down_revision = "privacy_firm_corrections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
