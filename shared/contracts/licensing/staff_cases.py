"""What staff have to look at."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Staff
from shared.contracts.message import Done, Message, Request

StaffCaseKind = Literal[
    "wrong amount", "wrong currency", "refund of another payment", "unknown reference", "transfer after erasure"
]


class StaffCase(Message):
    """Money that was told of and not booked, in hundredths of `currency`; `expected` is None where nothing was due.

    `reference` is the provider's, or the id of an order that is paid by transfer. `topic` says more than `kind` where
    the kinds were not enough: of a dispute, which one, as words; `due_at` until when something can be done.
    """

    case_id: UUID
    kind: StaffCaseKind
    reference: str
    expected: int | None
    received: int
    currency: str
    opened_at: datetime
    resolved_at: datetime | None
    topic: str = ""
    due_at: datetime | None = None


class StaffCases(Message):
    """Cases, oldest first."""

    cases: tuple[StaffCase, ...]


class ListStaffCases(
    Request[StaffCases], type="licensing.list-staff-cases", askers=("gateway",), actor=Staff("finance", "support")
):
    """Staff ask what is open; `limit` at a time."""

    limit: int = Field(default=100, ge=1, le=1000)


class ResolveStaffCase(
    Request[Done], type="licensing.resolve-staff-case", askers=("gateway",), actor=Staff("finance", "support")
):
    """Staff have looked at a case and done what was to be done; repeating it changes nothing."""

    case_id: UUID
