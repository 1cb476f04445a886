"""Who was told of which new purpose, see privacy_0035_notice_told.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_notice_told"
down_revision = "privacy_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
