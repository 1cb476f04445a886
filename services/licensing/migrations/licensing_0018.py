"""Two items that tell where a buyer is, and who pays no Polish VAT, see licensing_0018.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0018"
down_revision = "licensing_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
