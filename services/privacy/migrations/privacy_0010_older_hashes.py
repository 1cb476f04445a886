"""A request is found by a case of before a rotation, see privacy_0010_older_hashes.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_older_hashes"  # the name by which databases know it
down_revision = "privacy_unkeyed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
