"""An invoice that is a demand for payment names the account to pay to, see licensing_0004.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0004"
down_revision = "licensing_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
