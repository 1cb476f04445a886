"""What a provider's word about a dispute brings: pure decisions.

A dispute (chargeback) is a payment that the payer's bank takes back. Providers tell of its steps in any order.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.licensing.money import CURRENCY
from services.licensing.orders.rules import Order
from services.licensing.payments.provider import Notification
from services.licensing.payments.store import Payment

State = Literal["open", "won", "lost"]
Step = Literal["nothing", "open", "win", "lose", "case"]


@dataclass(frozen=True)
class Dispute:
    """A stored dispute; `amount` in grosze."""

    dispute_id: UUID
    payment_id: UUID
    provider_dispute: str
    amount: int
    state: State


@dataclass(frozen=True)
class Decision:
    """What to do; `topic` says what a case is about."""

    step: Step
    topic: str = ""


NOTHING = Decision("nothing")
OF_REFUNDED = Decision("case", "dispute of a refunded payment")
OF_OTHER_MONEY = Decision("case", "dispute of other money")
WON_LATE = Decision("case", "dispute won after it was lost")
LOST_LATE = Decision("case", "dispute lost after it was won")


def decide(told: Notification, before: Dispute | None, order: Order, payment: Payment) -> Decision:
    """What follows from a step that was told; `before` is what is known of the dispute."""
    if before is not None and before.payment_id != payment.payment_id:
        return OF_OTHER_MONEY
    if told.kind == "dispute.won":
        return _won(before)
    if before is not None and (told.kind == "dispute.opened" or before.state != "open"):
        return LOST_LATE if told.kind == "dispute.lost" and before.state == "won" else NOTHING
    if payment.state == "refunded":
        return OF_REFUNDED
    if told.currency != CURRENCY or not 1 <= told.amount <= order.gross - order.refunded:
        return OF_OTHER_MONEY
    return Decision("open" if told.kind == "dispute.opened" else "lose")


def _won(before: Dispute | None) -> Decision:
    """Won before it was opened is kept in mind: its opening changes nothing then."""
    if before is None or before.state == "open":
        return Decision("win")
    return WON_LATE if before.state == "lost" else NOTHING
