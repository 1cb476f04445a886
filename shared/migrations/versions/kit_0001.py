"""What every service's database holds: the root of erasure, purposes, inbox, outbox, reports.

Integrity, not discipline, makes an erasure complete and final: see the comments in kit_0001.sql.
"""

from shared.migrations import run_sql_beside

revision = "kit_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
