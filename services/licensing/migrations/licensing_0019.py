"""Which notice of a license's end was sent, see licensing_0019.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0019"
down_revision = "licensing_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
