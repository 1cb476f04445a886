"""A withdrawal and all that it brings, in one transaction."""

from datetime import datetime

from services.licensing import catalogue, sale_records
from services.licensing.agreements import store as agreements
from services.licensing.licenses.store import lock_supplied
from services.licensing.money import amount_text
from services.licensing.orders import store as orders
from services.licensing.orders.rules import Order
from services.licensing.payments import refunds
from services.licensing.payments import store as payments
from services.licensing.withdrawals import rules, store
from services.licensing.withdrawals.rules import Withdrawal
from shared.clock import now
from shared.contracts import identity, licensing
from shared.database import Transaction
from shared.law.calendar import WARSAW
from shared.law.retention import Claim, claim
from shared.problems import refuse

TEMPLATE = "withdrawal-received"


async def withdraw(tx: Transaction, order: Order) -> Withdrawal:
    """The caller holds the order locked. Raises Refused (409) where there is no right to withdraw.

    The license is locked before what was agreed to, as it is when its key is shown.
    """
    if earlier := await store.of_order(tx, order.order_id):
        return earlier
    await lock_supplied(tx, order)
    if obstacle := rules.obstacle(order, await agreements.lock(tx, order.order_id), now()):
        raise refuse(409, "this contract can't be withdrawn from", message=rules.SENTENCES[obstacle])
    stated = rules.withdrawal(order, now())
    retention = claim(stated.stated_at.astimezone(WARSAW).date(), Claim.CONSUMER)
    await store.add(tx, order, stated, retention)
    if order.state == "open":  # tax law keeps every other order at least as long
        await sale_records.keep(tx, order.order_id, retention)
    await _undo(tx, order, stated)
    await _acknowledge(tx, order, stated)
    return stated


async def _undo(tx: Transaction, order: Order, stated: Withdrawal) -> None:
    if order.state == "open":
        await orders.cancel(tx, order.order_id)
        await payments.void_of_orders(tx, [order.order_id])
        tx.publish(licensing.OrderCancelled(subject_id=order.subject_id, order_id=order.order_id))
    elif order.state == "invoiced":
        await refunds.write_off(tx, order)
    else:
        await _give_back(tx, order, stated)


async def _give_back(tx: Transaction, order: Order, stated: Withdrawal) -> None:
    """By the way it came: the provider is asked until it does it; a transfer is made by staff."""
    payment, name = await payments.lock_confirmed(tx, order.order_id), payments.ours(order.order_id)
    await refunds.book(tx, order, payment, stated.amount, name, due_on=stated.refund_by)
    if payment is not None:
        await payments.give_back(tx, payment.reference, stated.amount, name)


async def _acknowledge(tx: Transaction, order: Order, stated: Withdrawal) -> None:
    """At once, on a durable medium: what was stated, on which day and at which time (Dir. 2011/83 Art. 11a(4))."""
    facts = {
        "order_id": str(order.order_id),
        "product": f"{order.quantity} × {await catalogue.name_of(tx, order.policy)}",
        "stated_at": moment(stated.stated_at),
        "amount": amount_text(stated.amount),
    }
    if stated.amount:
        facts |= {"refund_by": stated.refund_by.isoformat()}
    tx.publish(identity.ServiceMailDue(subject_id=order.subject_id, template=TEMPLATE, facts=facts))


def moment(at: datetime) -> str:
    """Date and time at the vendor's seat, with the zone."""
    return f"{at.astimezone(WARSAW):%Y-%m-%d %H:%M:%S %Z}"
