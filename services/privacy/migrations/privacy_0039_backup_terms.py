"""How long backups are kept, see privacy_0039_backup_terms.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_backup_terms"
down_revision = "privacy_breaches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
