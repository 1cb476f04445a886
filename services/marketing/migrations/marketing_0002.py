"""Confirmation mails count their attempts; hashes begin with the id of their key, see marketing_0002.sql."""

from shared.migrations import run_sql_beside

revision = "marketing_0002"
down_revision = "marketing_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
