"""Recipients are told by signed webhooks, see privacy_0040_recipient_webhooks.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_recipient_webhooks"
down_revision = "privacy_backup_terms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
