"""The trace of an order is an address and its days, see licensing_0010.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0010"
down_revision = "licensing_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
