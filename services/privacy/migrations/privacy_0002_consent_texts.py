"""The words of the consents, as data."""

from shared.migrations import run_sql_beside

revision = "privacy_consent_texts"  # the name by which databases know it
down_revision = "privacy_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
