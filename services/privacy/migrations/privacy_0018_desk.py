"""The desk: who did what, notes, looks, and the clock of a case, see privacy_0018_desk.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_desk"  # the name by which databases know it
down_revision = "privacy_blocks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
