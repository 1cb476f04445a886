"""What the payment provider's webhooks bring: at least once, in any order, perhaps after an erasure."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from prometheus_client import Counter

from services.licensing import staff_cases
from services.licensing.fulfilment import Vendor, deliver
from services.licensing.money import CURRENCY
from services.licensing.orders import store as orders
from services.licensing.orders.rules import Order
from services.licensing.payments import disputes, refund_store, refunds, store
from services.licensing.payments.provider import Notification, Provider
from services.licensing.payments.store import BookedRefund, Payment
from services.licensing.staff_cases import About, Money
from shared.clock import now
from shared.contracts.licensing import PaymentWebhook, StaffCaseKind
from shared.database import Database, Transaction
from shared.messaging.inbox import mark_received
from shared.personal_data.subjects import Standing
from shared.problems import refuse
from shared.purposes import Purpose

UNKNOWN = Counter("lethe_payment_webhooks_unknown_total", "Genuine webhooks of a type that licensing does not know")


@dataclass(frozen=True)
class Received:
    """A verified webhook, and whose payment it is about; None for nobody."""

    notification: Notification
    subject_id: UUID | None


async def prepare(request: PaymentWebhook, database: Database, provider: Provider) -> Received:
    notification = await provider.read(request)
    if notification.kind == "unknown":
        return Received(notification, None)
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        subject_id = await store.subject_of(tx, notification.reference)
    return Received(notification, subject_id)


async def apply(tx: Transaction, received: Received, provider: Provider, vendor: Vendor) -> None:
    """Bring about what a webhook says, once; what is not booked is a case for staff.

    A refusal makes the provider send it again: for ever, if it can never be booked, until it turns the endpoint off.
    """
    notification, event = received.notification, f"{provider.name}/{received.notification.event_id}"
    if notification.kind == "unknown":
        UNKNOWN.inc()
        return
    if received.subject_id is None:
        await _apply_to_void(tx, notification, event)
        return
    standing = await mark_received(tx, uuid5(NAMESPACE_URL, event), PaymentWebhook.type, received.subject_id)
    if standing is Standing.DUPLICATE:
        return
    if standing is Standing.ERASED:
        await tx.declare(Purpose.LEGAL_DUTY)
    order_id = await store.order_of(tx, notification.reference)
    if order_id is None:  # erased since `prepare`
        await _apply_to_void(tx, notification, event)
        return
    order = await orders.lock(tx, order_id, received.subject_id)
    await _apply_to_order(tx, notification, event, order, vendor)


async def _apply_to_order(
    tx: Transaction, notification: Notification, event: str, order: Order, vendor: Vendor
) -> None:
    """The order is locked before its payment, as a cancellation does it."""
    payment = await store.lock(tx, notification.reference)
    if payment is None or payment.state == "void":
        await _apply_to_void(tx, notification, event)
    elif notification.kind == "payment.confirmed":
        await _confirm(tx, notification, event, order, payment, vendor)
    elif notification.kind == "refund.made":
        await _refund(tx, notification, event, order, payment)
    elif notification.kind == "refund.failed":
        await _came_back(tx, notification, event, payment)
    elif notification.dispute:
        await disputes.apply(tx, notification, event, order, payment)
    elif payment.state == "started":
        await store.set_state(tx, payment.payment_id, "failed")


async def _apply_to_void(tx: Transaction, notification: Notification, event: str) -> None:
    """A reference without order or person: money for it goes back."""
    if not await store.is_void(tx, notification.reference):
        await _open_case(tx, "unknown reference", notification, event, None)
    elif notification.kind != "payment.failed" and (notification.currency != CURRENCY or notification.amount < 1):
        await _open_case(tx, _what_is_wrong(notification), notification, event, None)
    elif notification.kind == "payment.confirmed":
        await store.note_received(tx, notification.reference, notification.amount)
    elif notification.kind == "refund.made":
        await store.note_sent_back(tx, notification.reference)
    elif notification.kind == "refund.failed":  # asking the provider once more changes nothing
        await _open_case(tx, "refund of another payment", notification, event, None)
    elif notification.dispute:
        await _set_aside(tx, notification, event)


async def _set_aside(tx: Transaction, notification: Notification, event: str) -> None:
    """A dispute about money that goes back anyway: what the bank took is not sent once more."""
    if notification.kind == "dispute.lost":
        await store.call_off(tx, notification.reference)
    await _open_case(tx, "refund of another payment", notification, event, None)


async def _confirm(
    tx: Transaction, notification: Notification, event: str, order: Order, payment: Payment, vendor: Vendor
) -> None:
    if (notification.amount, notification.currency) != (payment.amount, CURRENCY):
        await _open_case(tx, _what_is_wrong(notification), notification, event, payment.amount)
        return
    if payment.state in ("confirmed", "refunded"):
        return
    if order.state != "open":  # another payment was faster
        await store.void(tx, payment)
        await store.note_received(tx, notification.reference, notification.amount)
        return
    await store.void_of_orders(tx, [order.order_id], but=payment.payment_id)  # it was called failed, another was begun
    await store.set_state(tx, payment.payment_id, "confirmed", now())
    await deliver(tx, order, vendor)


async def _refund(tx: Transaction, notification: Notification, event: str, order: Order, payment: Payment) -> None:
    if payment.confirmed_at is None:
        raise refuse(409, "the payment is not confirmed yet", message="send it again")
    if booked := await store.booked(tx, notification.refund):
        if booked != BookedRefund(payment.payment_id, notification.amount):
            await _open_case(tx, "refund of another payment", notification, event, booked.amount)
        return
    if notification.currency == CURRENCY and (name := await _ours(tx, notification, payment)):
        await store.note_sent_back(tx, notification.reference, name)
        return
    left = order.gross - order.refunded
    if notification.currency != CURRENCY or not 1 <= notification.amount <= left:
        await _open_case(tx, _what_is_wrong(notification), notification, event, left)
        return
    await refunds.book(tx, order, payment, notification.amount, notification.refund)


async def _came_back(tx: Transaction, notification: Notification, event: str, payment: Payment) -> None:
    """The bank has returned a refund: it is for staff to send it another way, or to take it back."""
    await _ours(tx, notification, payment)
    money = notification.refund, payment.payment_id, notification.amount
    if notification.currency != CURRENCY or not await refund_store.note_came_back(tx, *money, now()):
        await _open_case(tx, "refund of another payment", notification, event, None)


async def _ours(tx: Transaction, told: Notification, payment: Payment) -> str | None:
    return await store.name_ours(tx, payment, told.refund, told.amount, told.ordered)


def _what_is_wrong(notification: Notification) -> StaffCaseKind:
    return "wrong amount" if notification.currency == CURRENCY else "wrong currency"


async def _open_case(
    tx: Transaction, kind: StaffCaseKind, notification: Notification, event: str, expected: int | None
) -> None:
    money = Money(expected, notification.amount, notification.currency)
    about = About(notification.kind if notification.dispute else "", notification.due_at)
    await staff_cases.open_case(tx, kind, event, notification.reference, money, about)
