"""Legal holds, see privacy_0020.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_0020"
down_revision = "privacy_decisions"
branch_labels = None
depends_on = "kit_0009"


def upgrade() -> None:
    run_sql_beside(__file__)
