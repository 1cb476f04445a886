"""The register of breaches, see privacy_0038_breaches.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_breaches"
down_revision = "privacy_consent_proofs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
