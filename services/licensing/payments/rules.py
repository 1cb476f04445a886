"""What a refund takes, and what may become of it: pure decisions."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.licensing.orders.rules import Order
from shared.problems import refuse

ROUNDING = 1
"""By so many grosze the price of some seats may differ from their share of the whole, as VAT is rounded once."""


@dataclass(frozen=True)
class Refund:
    """Money that goes back, in grosze; `payment_id` is None where it came by transfer.

    `due_on` is until when staff send it, None where the provider does; `is_here` whether the vendor has its money.
    """

    refund_id: UUID
    payment_id: UUID | None
    correction_id: UUID
    provider_refund: str
    amount: int
    due_on: date | None
    undone_at: datetime | None = None
    is_here: bool = False
    reason: str = ""


def seats_left(order: Order, refunded: int) -> int:
    """Each seat whose whole price went back is gone; the last one goes with the last grosz, and its license with it."""
    taken = (refunded + ROUNDING) * order.quantity // order.gross
    return order.quantity - min(taken, order.quantity - 1) if refunded else order.quantity


def devices_of(order: Order, seats: int) -> int:
    """On how many devices so many seats may be used."""
    return order.device_limit // order.quantity * seats


def check_undoing(refund: Refund, *, withdrawn: bool) -> None:
    """Raise Refused (409) for a refund that can't be taken back."""
    if withdrawn:
        raise refuse(409, "its person has withdrawn from the contract", message="send the money another way")
    if not refund.is_here:
        raise refuse(409, "the money of this refund is not here", message="only what came back can be taken back")


def check_seats(order: Order, seats: int) -> None:
    """Raise Refused: 422 for more seats than were ordered, 409 for an order that is not paid."""
    if order.state != "paid":
        raise refuse(409, "only a paid order has seats", message=f"it is {order.state}")
    if seats > order.quantity:
        raise refuse(422, "more seats than were ordered", field="seats", message=f"{order.quantity} were")
