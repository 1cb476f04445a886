"""Objections that are weighed and decisions that are contested, see privacy_0022_objections.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_objections"  # the name by which databases know it
down_revision = "privacy_traces"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
