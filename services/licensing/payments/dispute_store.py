"""Disputes in PostgreSQL."""

from datetime import datetime
from uuid import UUID, uuid4

from services.licensing.orders.rules import Order
from services.licensing.payments.dispute_rules import Dispute, State
from services.licensing.payments.provider import Notification
from services.licensing.payments.store import Payment
from services.licensing.rows import insert
from shared.database import Transaction
from shared.law.retention import Retention

LOCK = """
SELECT dispute_id, payment_id, provider_dispute, amount, state FROM dispute WHERE provider_dispute = $1 FOR UPDATE
"""
CLOSE = "UPDATE dispute SET state = $2, closed_at = $3 WHERE dispute_id = $1"
OPEN = "SELECT EXISTS (SELECT FROM dispute WHERE order_id = $1 AND state = 'open')"


async def lock(tx: Transaction, provider_dispute: str) -> Dispute | None:
    row = await tx.row(LOCK, provider_dispute)
    return Dispute(**row) if row else None


async def add(
    tx: Transaction, told: Notification, order: Order, payment: Payment, state: State, at: datetime, kept: Retention
) -> None:
    await insert(
        tx,
        "dispute",
        dispute_id=uuid4(),
        subject_id=order.subject_id,
        order_id=order.order_id,
        payment_id=payment.payment_id,
        provider_dispute=told.dispute,
        amount=told.amount,
        reason=told.reason,
        state=state,
        opened_at=at,
        evidence_until=told.due_at,
        closed_at=None if state == "open" else at,
        live=order.live,
        retain_until=kept.until,
        provisions=kept.provisions,
        exemptions=kept.exemptions,
    )


async def close(tx: Transaction, dispute_id: UUID, state: State, at: datetime) -> None:
    await tx.run(CLOSE, dispute_id, state, at)


async def is_open(tx: Transaction, order_id: UUID) -> bool:
    """Whether the payer's bank may still take the money of an order back."""
    return bool(await tx.value(OPEN, order_id))
