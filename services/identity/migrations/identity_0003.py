"""Sign-ups are told apart by their tokens, see identity_0003.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0003"
down_revision = "identity_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
