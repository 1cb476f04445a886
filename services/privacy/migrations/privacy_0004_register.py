"""What was published, who was shown it, and whom the services give data to."""

from shared.migrations import run_sql_beside

revision = "privacy_register"  # the name by which databases know it
down_revision = "privacy_mail_turns"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
