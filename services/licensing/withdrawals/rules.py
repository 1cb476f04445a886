"""Who may withdraw from what until when: pure decisions (UPK art. 27, 29, 32, 38; Dir. 2011/83 Art. 9, 13, 16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.licensing.agreements.rules import Agreement, has_lapsed
from services.licensing.orders.rules import Order
from shared.contracts.licensing import BackBy, Obstacle
from shared.law.calendar import WARSAW
from shared.law.case_clock import working_day

PERIOD = timedelta(days=14)

SENTENCES: Mapping[Obstacle, str] = {
    "nothing to withdraw from": "the order is cancelled or refunded already",
    "not a consumer": "who buys for a trade has no right to withdraw",
    "too late": "the 14 days are over",
    "right lost": "the right was lost when the key was shown, as was agreed and confirmed",
}


@dataclass(frozen=True)
class Withdrawal:
    """What its person stated, and what goes back until when; `amount` in grosze."""

    order_id: UUID
    stated_at: datetime
    amount: int
    back_by: BackBy
    refund_by: date


def last_day(concluded: datetime) -> date:
    """The last whole day for withdrawing; it moves off weekends and holidays (Reg. 1182/71 Art. 3(1), 3(4))."""
    return working_day(concluded.astimezone(WARSAW).date() + PERIOD)


def obstacle(order: Order, agreement: Agreement, at: datetime) -> Obstacle:
    """What stands in the way; empty where the buyer may withdraw."""
    if order.state in ("refunded", "cancelled"):
        return "nothing to withdraw from"
    if not agreement.consumer:
        return "not a consumer"
    if at.astimezone(WARSAW).date() > last_day(order.placed_at):
        return "too late"
    return "right lost" if has_lapsed(agreement) else ""


def withdrawal(order: Order, at: datetime) -> Withdrawal:
    """What a withdrawal brings: all that is left of the price goes back. The vendor's 14 days move off nothing."""
    amount = order.gross - order.refunded if order.state == "paid" else 0
    refund_by = at.astimezone(WARSAW).date() + PERIOD
    return Withdrawal(order.order_id, at, amount, order.pay_by if amount else "nothing", refund_by)
