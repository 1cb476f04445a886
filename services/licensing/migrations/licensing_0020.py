"""Editions of products, and their terms as versions that nothing changes, see licensing_0020.sql."""

from shared.migrations import run_sql_beside

revision = "licensing_0020"
down_revision = "licensing_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
