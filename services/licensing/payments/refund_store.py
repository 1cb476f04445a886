"""Refunds in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from services.licensing.orders.rules import Order
from services.licensing.payments.rules import Refund
from services.licensing.rows import insert
from shared.contracts.licensing import DueRefund
from shared.database import Transaction
from shared.law.retention import Retention
from shared.problems import refuse

HERE = """
undone_at IS NULL AND CASE WHEN came_back_at IS NOT NULL THEN COALESCE(sent_at < came_back_at, true)
  ELSE due_on IS NOT NULL AND sent_at IS NULL END
"""
"""Whether the vendor has the money: staff have not sent it yet, or it came back after that."""
DUE = f"""
SELECT refund_id, order_id, amount, refunded_at, due_on, came_back_at FROM refund
WHERE {HERE} ORDER BY refunded_at, refund_id LIMIT $1
"""  # noqa: S608 constants
ORDER_OF = "SELECT order_id FROM refund WHERE refund_id = $1"
LOCK = f"""
SELECT refund_id, payment_id, correction_id, provider_refund, amount, due_on, undone_at, {HERE} AS is_here
FROM refund WHERE refund_id = $1 FOR UPDATE
"""  # noqa: S608 constants
NOTE_SENT = f"UPDATE refund SET sent_at = $2 WHERE refund_id = $1 AND {HERE}"  # noqa: S608 constants
CAME_BACK = """
UPDATE refund SET came_back_at = COALESCE(came_back_at, $4)
WHERE provider_refund = $1 AND payment_id = $2 AND amount = $3 AND undone_at IS NULL
"""
UNDO = "UPDATE refund SET undone_at = $2 WHERE refund_id = $1"


async def add(tx: Transaction, order: Order, refund: Refund, at: datetime, retention: Retention) -> None:
    await insert(
        tx,
        "refund",
        refund_id=refund.refund_id,
        subject_id=order.subject_id,
        order_id=order.order_id,
        payment_id=refund.payment_id,
        correction_id=refund.correction_id,
        provider_refund=refund.provider_refund,
        amount=refund.amount,
        due_on=refund.due_on,
        refunded_at=at,
        reason=refund.reason,
        live=order.live,
        retain_until=retention.until,
        provisions=retention.provisions,
        exemptions=retention.exemptions,
    )


async def due(tx: Transaction, limit: int) -> tuple[DueRefund, ...]:
    """What staff are to send, oldest first."""
    return tuple(DueRefund.model_validate(dict(row)) for row in await tx.rows(DUE, limit))


async def order_of(tx: Transaction, refund_id: UUID) -> UUID:
    """Raises Refused (404)."""
    order_id: UUID | None = await tx.value(ORDER_OF, refund_id)
    if order_id is None:
        raise refuse(404, "no such refund")
    return order_id


async def lock(tx: Transaction, refund_id: UUID) -> Refund:
    """Locked; the caller holds its order."""
    row = await tx.row(LOCK, refund_id)
    if row is None:
        raise refuse(404, "no such refund")
    return Refund(**row)


async def note_sent(tx: Transaction, refund_id: UUID, at: datetime) -> None:
    """The money is sent; what is sent already stays as it is."""
    await tx.run(NOTE_SENT, refund_id, at)


async def note_came_back(tx: Transaction, provider_refund: str, payment_id: UUID, amount: int, at: datetime) -> bool:
    """The bank has returned a refund; False for one that nobody has booked so."""
    return bool(await tx.run(CAME_BACK, provider_refund, payment_id, amount, at))


async def undo(tx: Transaction, refund_id: UUID, at: datetime) -> None:
    await tx.run(UNDO, refund_id, at)
