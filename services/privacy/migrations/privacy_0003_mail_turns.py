"""Mail that can't leave now waits its turn and holds up nobody's."""

from shared.migrations import run_sql_beside

revision = "privacy_mail_turns"  # the name by which databases know it
down_revision = "privacy_consent_texts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
