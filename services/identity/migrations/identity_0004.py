"""A reset token lives from its mailing on, see identity_0004.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0004"
down_revision = "identity_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
