"""An outbox that survives poison and backlog, see kit_0005.sql."""

from shared.migrations import run_sql_beside

revision = "kit_0005"
down_revision = "kit_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
