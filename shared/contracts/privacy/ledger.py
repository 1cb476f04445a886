"""What was decided since some place in the ledger, for a service whose database may be of before."""

from uuid import UUID

from pydantic import Field

from shared.contracts.message import PARTICIPANTS, Message, Request
from shared.contracts.privacy.holds import KnownHold
from shared.contracts.privacy.permissions import KnownPermission


class LedgerPage(Message):
    """What a page of the ledger names, as it stands now, and where one is behind it; `more` is there.

    With `start_over` the place that was asked for is none of this ledger: load everything, `next` is its end.
    Of the erased in `contracts_go_on` the living contracts were not to be ended.
    """

    erased: tuple[UUID, ...] = ()
    contracts_go_on: tuple[UUID, ...] = ()
    permissions: tuple[KnownPermission, ...] = ()
    holds: tuple[KnownHold, ...] = ()
    next: str
    more: bool = False
    start_over: bool = False


class ReadLedger(Request[LedgerPage], type="privacy.read-ledger", askers=(PARTICIPANTS,)):
    """What was decided behind a place; nothing but where its end is, with `start_over`, when none is named."""

    service: str = Field(max_length=60)
    after: str = Field(default="", max_length=200, pattern=r"^(\d{1,15} \d{1,15} [0-9a-f]{64})?$")
