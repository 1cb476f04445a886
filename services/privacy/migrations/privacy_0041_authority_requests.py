"""Requests of authorities, see privacy_0041_authority_requests.sql."""

from shared.migrations import run_sql_beside

revision = "privacy_authority_requests"
down_revision = "privacy_recipient_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql_beside(__file__)
