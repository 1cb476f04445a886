"""Refunds in the hands of staff."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.actors import Staff
from shared.contracts.message import Created, Done, Event, Message, Request

RefundReason = Literal["goodwill", "defect", "duplicate", "wrong order", "other"]


class RefundUndone(Event, type="licensing.refund-undone.v1", late="statutory", carries=("D9",)):
    """A refund did not reach its person, and staff have taken it back."""

    subject_id: UUID
    order_id: UUID
    refund_id: UUID


class RefundOrder(Request[Created], type="licensing.refund-order", askers=("gateway",), actor=Staff("finance")):
    """Staff refund a paid order, in full or in part; the money goes back by the way it came.

    A transfer is sent by staff within 14 days, the provider is asked for what was paid by card: 409 while the payer's
    bank disputes it. Works after an erasure too.
    """

    order_id: UUID
    amount: int = Field(ge=1, le=1_000_000_000_000)
    reason: RefundReason = "other"


class DueRefund(Message):
    """Money that staff are to send, in grosze: it came by transfer, or the bank has returned what was sent."""

    refund_id: UUID
    order_id: UUID
    amount: int
    refunded_at: datetime
    due_on: date | None
    came_back_at: datetime | None


class DueRefunds(Message):
    """Refunds, the oldest first."""

    refunds: tuple[DueRefund, ...]


class ListDueRefunds(
    Request[DueRefunds], type="licensing.list-due-refunds", askers=("gateway",), actor=Staff("finance", "support")
):
    """Staff ask what money is to be sent; `limit` at a time."""

    limit: int = Field(default=100, ge=1, le=1000)


class RecordRefundSent(Request[Done], type="licensing.record-refund-sent", askers=("gateway",), actor=Staff("finance")):
    """Staff have sent the money; repeating it changes nothing."""

    refund_id: UUID


class UndoRefund(Request[Done], type="licensing.undo-refund", askers=("gateway",), actor=Staff("finance")):
    """Take back a refund whose money is here: the invoice counts again, and so does the license.

    409: the money went out and did not come back, or its person has withdrawn from the contract and is owed it.
    Repeating it changes nothing.
    """

    refund_id: UUID


class SetSeats(Request[Done], type="licensing.set-seats", askers=("gateway",), actor=Staff("finance", "support")):
    """Staff say how many of the seats of a paid order are left; 422 for more than were ordered."""

    order_id: UUID
    seats: int = Field(ge=1, le=100)
