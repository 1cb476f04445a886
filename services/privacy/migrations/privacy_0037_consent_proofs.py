"""By what a consent is found after an erasure, see privacy_0037_consent_proofs.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_consent_proofs"
down_revision = "privacy_notice_seen"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
