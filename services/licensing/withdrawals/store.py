"""Withdrawals in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from services.licensing.orders.rules import Order
from services.licensing.rows import insert
from services.licensing.withdrawals.rules import Withdrawal
from shared.database import Transaction
from shared.law.retention import Retention

READ = "SELECT order_id, stated_at, amount, back_by, refund_by FROM withdrawal WHERE order_id = $1"
ACKNOWLEDGE = "UPDATE withdrawal SET acknowledged_at = $2 WHERE order_id = $1 AND acknowledged_at IS NULL"


async def of_order(tx: Transaction, order_id: UUID) -> Withdrawal | None:
    row = await tx.row(READ, order_id)
    return Withdrawal(**row) if row else None


async def add(tx: Transaction, order: Order, stated: Withdrawal, retention: Retention) -> None:
    await insert(
        tx,
        "withdrawal",
        order_id=order.order_id,
        subject_id=order.subject_id,
        stated_at=stated.stated_at,
        amount=stated.amount,
        back_by=stated.back_by,
        refund_by=stated.refund_by,
        retain_until=retention.until,
        provisions=retention.provisions,
        exemptions=retention.exemptions,
    )


async def acknowledge(tx: Transaction, order_id: UUID, at: datetime) -> None:
    """The letter that acknowledges it was handed over; once."""
    await tx.run(ACKNOWLEDGE, order_id, at)
