"""Known devices, and tries counted where they are made, see identity_0005.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0005"
down_revision = "identity_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
