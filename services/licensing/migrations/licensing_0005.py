"""An invoice holds who sold, see licensing_0005.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0005"
down_revision = "licensing_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
