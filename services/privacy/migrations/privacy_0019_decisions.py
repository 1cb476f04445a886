"""Decisions of the desk: identity, refusals, letters; the digest, see privacy_0019_decisions.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_decisions"  # the name by which databases know it
down_revision = "privacy_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
