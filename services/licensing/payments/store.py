"""Payments in PostgreSQL, and the references of those that are void."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.licensing.orders.rules import Order
from services.licensing.rows import insert
from shared.database import Transaction

State = Literal["started", "failed", "confirmed", "void", "refunded"]

RETURNED_PAYMENTS = "returned payments"
"""The job that sends back what came for void payments; to be woken when something came."""

READ = (
    "SELECT payment_id, subject_id, order_id, provider, reference, amount, state, confirmed_at, pay_url FROM payment "
)
CONFIRMED = READ + "WHERE order_id = $1 AND state = 'confirmed' FOR UPDATE"
STARTED = READ + "WHERE order_id = $1 AND state = 'started'"
ONE = READ + "WHERE subject_id = $1 AND payment_id = $2"
LOCK = READ + "WHERE reference = $1 FOR UPDATE"
SUBJECT = "SELECT subject_id FROM payment WHERE reference = $1"
ORDER = "SELECT order_id FROM payment WHERE reference = $1"
AMOUNT = "SELECT amount FROM payment WHERE reference = $1"
SET_STATE = "UPDATE payment SET state = $2, confirmed_at = COALESCE($3, confirmed_at) WHERE payment_id = $1"
NOTE_PAGE = "UPDATE payment SET pay_url = $2 WHERE reference = $1 AND state = 'started'"
BOOKED = "SELECT payment_id, amount FROM refund WHERE provider_refund = $1"
# Of those that we ordered and the provider has not named: that which it says, or else the oldest one of the amount.
NAME_OURS = """
WITH ours AS (SELECT refund_id, provider_refund AS name FROM refund
  WHERE payment_id = $2 AND amount = $3 AND (provider_refund = $4 OR provider_refund LIKE 'staff/%')
    AND $5 IN ('', provider_refund)
  ORDER BY refunded_at, refund_id LIMIT 1 FOR UPDATE)
UPDATE refund SET provider_refund = $1 FROM ours WHERE refund.refund_id = ours.refund_id RETURNING ours.name
"""
GIVE_BACK = """
INSERT INTO void_payment (reference, refund, amount, confirmed_at) VALUES ($1, $2, $3, now()) ON CONFLICT DO NOTHING
"""
VOID_OF_ORDERS = """
WITH voided AS (UPDATE payment SET state = 'void'
  WHERE order_id = ANY ($1) AND state IN ('started', 'failed') AND payment_id IS DISTINCT FROM $2
  RETURNING reference, amount)
INSERT INTO void_payment (reference, amount) SELECT reference, amount FROM voided ON CONFLICT DO NOTHING
"""
VOID_OF_PEOPLE = """
INSERT INTO void_payment (reference, amount)
SELECT reference, amount FROM payment WHERE subject_id = ANY ($1) AND state IN ('started', 'failed')
ON CONFLICT DO NOTHING
"""
VOID = "INSERT INTO void_payment (reference, amount) VALUES ($1, $2) ON CONFLICT DO NOTHING"
IS_VOID = "SELECT true FROM void_payment WHERE reference = $1 AND refund = ''"
NOTE_RECEIVED = """
UPDATE void_payment SET confirmed_at = COALESCE(confirmed_at, now()), amount = $2 WHERE reference = $1 AND refund = ''
"""
NOTE_SENT_BACK = """
UPDATE void_payment SET sent_back_at = COALESCE(sent_back_at, now()) WHERE reference = $1 AND $2 IN (refund, '*')
"""
# One called failed may have succeeded since. When its order is cancelled or paid it is void, and nobody asks.
LEASE_INQUIRIES = """
WITH due AS MATERIALIZED (SELECT payment_id FROM payment
  WHERE state IN ('started', 'failed') AND provider = $1 AND started_at < now() - interval '1 hour'
    AND COALESCE(next_inquiry_at <= now(), true)
  ORDER BY next_inquiry_at NULLS FIRST, started_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE payment SET inquiries = inquiries + 1,
  next_inquiry_at = now() + least(make_interval(mins => 15 * (1 << least(inquiries, 7))), interval '1 day')
WHERE payment_id IN (SELECT payment_id FROM due) RETURNING subject_id, reference
"""
# Nobody knows any more whose they were; a page to pay on is open for a day.
LEASE_VOID_INQUIRIES = """
WITH due AS MATERIALIZED (SELECT reference FROM void_payment
  WHERE refund = '' AND confirmed_at IS NULL AND sent_back_at IS NULL
    AND voided_at BETWEEN now() - interval '8 days' AND now() - interval '1 hour'
    AND COALESCE(asked_at < now() - interval '1 day', true)
  ORDER BY asked_at NULLS FIRST, voided_at LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE void_payment SET asked_at = now() WHERE refund = '' AND reference IN (SELECT reference FROM due)
RETURNING NULL::uuid AS subject_id, reference
"""
LEASE_RETURNS = """
WITH due AS MATERIALIZED (SELECT reference, refund FROM void_payment
  WHERE confirmed_at IS NOT NULL AND sent_back_at IS NULL AND next_try_at <= now()
  ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE void_payment SET attempts = attempts + 1, next_try_at = now() + make_interval(secs => $2)
WHERE (reference, refund) IN (SELECT reference, refund FROM due) RETURNING reference, refund, amount, attempts
"""
POSTPONE_RETURN = """
UPDATE void_payment SET next_try_at = now() + make_interval(secs => $3) WHERE reference = $1 AND refund = $2
"""
DROP_OLD_VOID = """
DELETE FROM void_payment WHERE voided_at < now() - interval '90 days'
  AND (confirmed_at IS NULL OR sent_back_at IS NOT NULL)
"""


@dataclass(frozen=True)
class Payment:
    """A stored payment; `amount` in grosze."""

    payment_id: UUID
    subject_id: UUID
    order_id: UUID
    provider: str
    reference: str
    amount: int
    state: State
    confirmed_at: datetime | None
    pay_url: str | None = None


@dataclass(frozen=True)
class BookedRefund:
    payment_id: UUID
    amount: int


@dataclass(frozen=True)
class Unheard:
    """A payment of which no webhook told how it ended; of a void one nobody knows whose it was."""

    subject_id: UUID | None
    reference: str


@dataclass(frozen=True)
class VoidPayment:
    """Money that is to go back: that of an order that is no more, or a refund by its name that was ordered.

    `attempts` to send it back, with this one.
    """

    reference: str
    refund: str
    amount: int
    attempts: int


async def add(tx: Transaction, payment_id: UUID, order: Order, provider: str, reference: str, at: datetime) -> None:
    await insert(
        tx,
        "payment",
        payment_id=payment_id,
        subject_id=order.subject_id,
        order_id=order.order_id,
        provider=provider,
        reference=reference,
        amount=order.gross,
        state="started",
        started_at=at,
    )


async def started(tx: Transaction, order_id: UUID) -> Payment | None:
    row = await tx.row(STARTED, order_id)
    return Payment(**row) if row else None


async def lock_confirmed(tx: Transaction, order_id: UUID) -> Payment | None:
    """The payment that counts for an order; none where it was paid by transfer."""
    row = await tx.row(CONFIRMED, order_id)
    return Payment(**row) if row else None


async def one(tx: Transaction, subject_id: UUID, payment_id: UUID) -> Payment | None:
    row = await tx.row(ONE, subject_id, payment_id)
    return Payment(**row) if row else None


async def lock(tx: Transaction, reference: str) -> Payment | None:
    row = await tx.row(LOCK, reference)
    return Payment(**row) if row else None


async def subject_of(tx: Transaction, reference: str) -> UUID | None:
    """Whose payment a reference is, for a legal duty also after an erasure."""
    subject_id: UUID | None = await tx.value(SUBJECT, reference)
    return subject_id


async def order_of(tx: Transaction, reference: str) -> UUID | None:
    """Which order a payment is for, without a lock: an order is locked before its payments."""
    order_id: UUID | None = await tx.value(ORDER, reference)
    return order_id


async def amount_of(tx: Transaction, reference: str) -> int | None:
    amount: int | None = await tx.value(AMOUNT, reference)
    return amount


async def set_state(tx: Transaction, payment_id: UUID, state: State, confirmed_at: datetime | None = None) -> None:
    await tx.run(SET_STATE, payment_id, state, confirmed_at)


async def note_page(tx: Transaction, reference: str, pay_url: str) -> None:
    """Where its payer goes on."""
    await tx.run(NOTE_PAGE, reference, pay_url)


async def booked(tx: Transaction, provider_refund: str) -> BookedRefund | None:
    row = await tx.row(BOOKED, provider_refund)
    return BookedRefund(**row) if row else None


def ours(order_id: UUID) -> str:
    """By what a refund is known that we ordered and the provider has not named yet."""
    return f"withdrawal/{order_id}"


async def name_ours(tx: Transaction, payment: Payment, provider_refund: str, amount: int, ordered: str) -> str | None:
    """Our name of a refund that the provider tells of, if we ordered it; it has the provider's from now on."""
    told = (provider_refund, payment.payment_id, amount, ours(payment.order_id), ordered)
    name: str | None = await tx.value(NAME_OURS, *told)
    return name


async def give_back(tx: Transaction, reference: str, amount: int, refund: str) -> None:
    """Have the provider send back what was paid rightly; the rows are booked already, under the refund's name."""
    await tx.run(GIVE_BACK, reference, refund, amount)
    tx.wake(RETURNED_PAYMENTS)


async def void_of_orders(tx: Transaction, order_ids: Sequence[UUID], *, but: UUID | None = None) -> None:
    """Whatever is still paid for these orders is to be sent back, save the payment that counts."""
    await tx.run(VOID_OF_ORDERS, order_ids, but)


async def void_of_people(tx: Transaction, subject_ids: Sequence[UUID]) -> None:
    """The open orders of these people go: whatever is still paid for them is to be sent back."""
    await tx.run(VOID_OF_PEOPLE, subject_ids)


async def void(tx: Transaction, payment: Payment) -> None:
    """Nothing is due for this payment, which another one has overtaken."""
    await set_state(tx, payment.payment_id, "void")
    await tx.run(VOID, payment.reference, payment.amount)


async def is_void(tx: Transaction, reference: str) -> bool:
    return bool(await tx.value(IS_VOID, reference))


async def note_received(tx: Transaction, reference: str, amount: int) -> None:
    """A void payment was paid all the same: its money is to be sent back."""
    await tx.run(NOTE_RECEIVED, reference, amount)
    tx.wake(RETURNED_PAYMENTS)


async def note_sent_back(tx: Transaction, reference: str, refund: str = "") -> None:
    await tx.run(NOTE_SENT_BACK, reference, refund)


async def call_off(tx: Transaction, reference: str) -> None:
    """Nothing of a payment is to be sent back any more: its bank has taken the money."""
    await tx.run(NOTE_SENT_BACK, reference, "*")


async def lease_inquiries(tx: Transaction, provider: str, limit: int) -> list[Unheard]:
    """Payments that the provider has said nothing of for an hour; each is asked about after growing waits."""
    return [Unheard(**row) for row in await tx.rows(LEASE_INQUIRIES, provider, limit)]


async def lease_void_inquiries(tx: Transaction, limit: int) -> list[Unheard]:
    """Void payments of the last week that may have been paid all the same; each is asked about once a day."""
    return [Unheard(**row) for row in await tx.rows(LEASE_VOID_INQUIRIES, limit)]


async def lease_returns(tx: Transaction, limit: int, lease_s: float) -> list[VoidPayment]:
    """The payments to send back, nobody else's for `lease_s` seconds."""
    return [VoidPayment(**row) for row in await tx.rows(LEASE_RETURNS, limit, lease_s)]


async def postpone_return(tx: Transaction, payment: VoidPayment, wait_s: float) -> None:
    await tx.run(POSTPONE_RETURN, payment.reference, payment.refund, wait_s)


async def drop_old_void(tx: Transaction) -> None:
    """Delete void references after 90 days, unless their money is still here."""
    await tx.run(DROP_OLD_VOID)
