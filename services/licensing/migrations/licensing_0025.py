"""The page to pay on, and refunds that a provider is asked for by name, see licensing_0025.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0025"
down_revision = "licensing_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
