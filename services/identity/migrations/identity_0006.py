"""Mailboxes that refuse mail, see identity_0006.sql."""

from shared.migrations import run_sql_beside

revision = "identity_0006"
down_revision = "identity_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
