"""Who has the rights of a consumer, see licensing_0015.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0015"
down_revision = "licensing_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
