"""Names of devices, and licenses that count only on one, see licensing_0013.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0013"
down_revision = "licensing_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
