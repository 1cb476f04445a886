"""Copies for access and portability, see privacy_0016_copies.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_copies"  # the name by which databases know it
down_revision = "privacy_rights"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
