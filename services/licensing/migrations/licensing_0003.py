"""An order holds its buyer as he was until the invoice is written, see licensing_0003.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0003"
down_revision = "licensing_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
