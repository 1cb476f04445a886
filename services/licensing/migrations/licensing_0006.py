"""The terms that an order was placed under by hash, see licensing_0006.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0006"
down_revision = "licensing_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
