"""Changes of an address, and how they are undone, see identity_0007.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0007"
down_revision = "identity_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
