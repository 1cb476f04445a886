"""Accounts that nobody uses any more."""

from datetime import date
from uuid import UUID

from shared.contracts.message import Event


class AccountDormant(Event, type="identity.account-dormant.v1", carries=("D11",)):
    """Nobody has used an account for two years, and its owner was written to twice: privacy ends it as an erasure."""

    subject_id: UUID
    unused_since: date
