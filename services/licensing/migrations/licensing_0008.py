"""What staff have to look at, see licensing_0008.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0008"
down_revision = "licensing_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
