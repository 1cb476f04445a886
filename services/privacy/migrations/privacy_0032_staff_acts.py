"""What staff did, in every service, as evidence, see privacy_0032_staff_acts.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_staff_acts"
down_revision = "privacy_rights_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
