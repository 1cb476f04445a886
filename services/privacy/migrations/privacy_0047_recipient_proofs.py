"""Proofs that recipients were told by hand, see privacy_0047_recipient_proofs.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_recipient_proofs"
down_revision = "privacy_ends_of_acts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
