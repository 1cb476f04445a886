"""What the staff did about breaches and notices ends as all that they did, see privacy_0046_ends_of_acts.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_ends_of_acts"
down_revision = "privacy_ledger_and_scopes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
