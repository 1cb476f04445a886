"""Cases by an address that somebody used before, and recipients told of a lifting, see privacy_0031_rights_desk.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_rights_desk"
down_revision = "privacy_case_steps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
