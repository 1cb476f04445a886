"""The evidence of the country is no IP address, see licensing_0009.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0009"
down_revision = "licensing_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
