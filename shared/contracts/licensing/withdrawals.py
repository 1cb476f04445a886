"""Withdrawal from a contract (Dir. 2011/83 Art. 9, 11a)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.contracts.actors import Member
from shared.contracts.fields import NOBODY, Acting
from shared.contracts.message import Message, Request

Obstacle = Literal["", "nothing to withdraw from", "not a consumer", "too late", "right lost"]
BackBy = Literal["card", "transfer", "nothing"]


class WithdrawalOffer(Message):
    """What a withdrawal would do, or what stands in its way; money in grosze, gross.

    `last_day` ends at midnight in Warsaw. `amount` goes back by the way it came, by `refund_by` at the latest.
    """

    order_id: UUID
    obstacle: Obstacle
    last_day: date
    amount: int
    back_by: BackBy
    refund_by: date


class OfferWithdrawal(Request[WithdrawalOffer], type="licensing.offer-withdrawal", askers=("gateway",), actor=Member()):
    """The first step: what withdrawing from the contract of an order would do now. It changes nothing."""

    subject_id: Acting = NOBODY
    order_id: UUID


class Withdrawal(Message):
    """A withdrawal as it was stated; its person gets it by mail at once, with date and time."""

    order_id: UUID
    stated_at: datetime
    amount: int
    back_by: BackBy
    refund_by: date


class WithdrawOrder(Request[Withdrawal], type="licensing.withdraw-order", askers=("gateway",), actor=Member()):
    """The second step: withdraw. The license ends and the money goes back; repeating it is answered alike.

    409: there is no right to withdraw any more, or there was none.
    """

    subject_id: Acting = NOBODY
    order_id: UUID
