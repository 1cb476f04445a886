"""Every right by address, see privacy_0026_wishes.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_wishes"  # the name by which databases know it
down_revision = "privacy_parts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
