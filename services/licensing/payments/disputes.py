"""Money that a payer's bank takes back: the license rests meanwhile, and ends with the money.

After an erasure it is a statutory record, as a refund is (GDPR Art. 17(3)(b)).
"""

from services.licensing import sale_records, staff_cases
from services.licensing.invoices import rules as invoices
from services.licensing.licenses import suspensions
from services.licensing.licenses.store import lock_supplied
from services.licensing.money import amount_text
from services.licensing.orders.rules import Order
from services.licensing.payments import dispute_rules, dispute_store, refund_store, refunds, store
from services.licensing.payments.dispute_rules import Dispute, State
from services.licensing.payments.provider import Notification
from services.licensing.payments.store import Payment
from services.licensing.staff_cases import About, Money
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Transaction
from shared.problems import refuse


async def apply(tx: Transaction, told: Notification, event: str, order: Order, payment: Payment) -> None:
    """Bring about what a provider says of a dispute; the caller holds person, order and payment locked.

    Raises Refused (409) for one that comes before the payment is known to be confirmed: it is sent again.
    """
    if payment.confirmed_at is None:
        raise refuse(409, "the payment is not confirmed yet", message="send it again")
    before = await dispute_store.lock(tx, told.dispute)
    decision = dispute_rules.decide(told, before, order, payment)
    if decision.step == "open":
        await _open(tx, told, order, payment)
    elif decision.step == "win":
        await _win(tx, told, order, payment, before)
    elif decision.step == "lose":
        await _lose(tx, told, order, payment, before)
    elif decision.step == "case":
        await _set_aside(tx, told, event, order, payment, before, decision.topic)


async def _open(tx: Transaction, told: Notification, order: Order, payment: Payment) -> None:
    await _keep(tx, told, order, payment, "open")
    license_ = await lock_supplied(tx, order)
    if license_ is not None:
        await suspensions.add(tx, license_, "dispute", "dispute", told.dispute)
    money, about = Money(None, told.amount, told.currency), About("dispute opened", told.due_at)
    await staff_cases.open_case(tx, "refund of another payment", _case_of(told, payment), told.reference, money, about)
    _tell(tx, order, told, "dispute-opened")
    tx.publish(licensing.DisputeOpened(subject_id=order.subject_id, order_id=order.order_id))


async def _win(tx: Transaction, told: Notification, order: Order, payment: Payment, before: Dispute | None) -> None:
    if before is None:
        await _keep(tx, told, order, payment, "won")
        return
    await _close(tx, told, order, payment, before, "won")
    _tell(tx, order, told, "dispute-won")


async def _lose(tx: Transaction, told: Notification, order: Order, payment: Payment, before: Dispute | None) -> None:
    """The money is gone: it is booked as any that went back, and nobody sends it a second time."""
    await refunds.book(tx, order, payment, told.amount, _refund_of(told), letter="dispute-lost")
    if before is None:
        await _keep(tx, told, order, payment, "lost")
    else:
        await _close(tx, told, order, payment, before, "lost")


async def _keep(tx: Transaction, told: Notification, order: Order, payment: Payment, state: State) -> None:
    kept = invoices.retention(order, today())
    await dispute_store.add(tx, told, order, payment, state, now(), kept)
    await sale_records.keep(tx, order.order_id, kept)
    if state != "open":
        tx.publish(licensing.DisputeClosed(subject_id=order.subject_id, order_id=order.order_id, won=state == "won"))


async def _close(
    tx: Transaction, told: Notification, order: Order, payment: Payment, before: Dispute, state: State
) -> None:
    """The license works again, unless something else suspends it; where all the money is gone it has ended."""
    await dispute_store.close(tx, before.dispute_id, state, now())
    license_ = await lock_supplied(tx, order)
    if license_ is not None:
        await suspensions.lift(tx, license_, "dispute", told.dispute)
    await staff_cases.resolve_of_event(tx, _case_of(told, payment))
    tx.publish(licensing.DisputeClosed(subject_id=order.subject_id, order_id=order.order_id, won=state == "won"))


async def _set_aside(
    tx: Transaction,
    told: Notification,
    event: str,
    order: Order,
    payment: Payment,
    before: Dispute | None,
    topic: str,
) -> None:
    """For staff. Money that the bank took is not sent back once more; what came back may be taken back as a refund."""
    if told.kind == "dispute.lost" and payment.state == "refunded":
        await store.call_off(tx, payment.reference)
        if before is not None and before.state == "open":
            await _close(tx, told, order, payment, before, "lost")
    if told.kind == "dispute.won" and before is not None:
        await refund_store.note_came_back(tx, _refund_of(told), payment.payment_id, before.amount, now())
    money, about = Money(None, told.amount, told.currency), About(topic, told.due_at)
    await staff_cases.open_case(tx, "refund of another payment", event, told.reference, money, about)


def _tell(tx: Transaction, order: Order, told: Notification, letter: str) -> None:
    if order.live:
        facts = {"order_id": str(order.order_id), "amount": amount_text(told.amount)}
        tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template=letter, facts=facts))


def _case_of(told: Notification, payment: Payment) -> str:
    """By what the case of a dispute is found again."""
    return f"{payment.provider}/dispute/{told.dispute}"


def _refund_of(told: Notification) -> str:
    """By what the refund is known that a lost dispute is."""
    return f"dispute/{told.dispute}"
