"""Returns count their attempts, orders may have no address; see licensing_0002.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0002"
down_revision = "licensing_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
