"""What falls due: orders and their buyers, licenses that expire, unpaid invoices, contracts of erased people."""

from datetime import timedelta

from services.licensing import staff_cases
from services.licensing.invoices import debts
from services.licensing.invoices import store as invoices
from services.licensing.invoices.rules import demand
from services.licensing.licenses import contract_rows, deactivations, devices, expiry_notices, lifetime, rules
from services.licensing.licenses import store as licenses
from services.licensing.licenses import trial_store as trials
from services.licensing.orders import store as orders
from services.licensing.payments.store import void_of_orders
from services.licensing.webhooks import store as webhooks
from shared.clock import now, today
from shared.contracts import identity, licensing
from shared.database import Database, Transaction
from shared.law.retention import open_claim
from shared.purposes import Purpose

BATCH = 200
DUNNING_DAYS = (2, 7, 14, 21)
"""When a buyer is reminded of an unpaid invoice, in days after it fell due."""
OPEN_FOR = timedelta(days=7)
"""How long an order can be paid at the price and the tax of its day."""


async def step(database: Database) -> bool:
    async with database.transaction(Purpose.UPKEEP) as tx:
        await staff_cases.drop_old(tx)
        await webhooks.drop_old(tx)
        expired = await _expire_orders(tx)
        told = await _tell_of_ends(tx)
        over = await lifetime.run_out(tx, BATCH)
        dunned = await _dun(tx)
    async with database.transaction(Purpose.RETENTION) as tx:
        await orders.drop_buyers(tx)
    async with database.transaction(Purpose.LEGAL_DUTY) as tx:
        reviewed = await _review_contracts(tx)
        await devices.drop_freed(tx, now())
        await trials.drop_old(tx, today())
        await deactivations.drop_old(tx, now() - rules.DEACTIVATIONS_COUNT_FOR)
        await debts.take_over(tx, today())
        await debts.end(tx, today())
    return BATCH in (expired, told, over, dunned, reviewed)


async def _expire_orders(tx: Transaction) -> int:
    """Cancel what nobody paid; money that comes later is sent back."""
    expired = await orders.expire(tx, now() - OPEN_FOR, BATCH)
    await void_of_orders(tx, [order.order_id for order in expired])
    for order in expired:
        tx.publish(licensing.OrderCancelled(subject_id=order.subject_id, order_id=order.order_id))
    return len(expired)


async def _review_contracts(tx: Transaction) -> int:
    """A contract that outlived the account: it ran out, or it is looked at again in a year."""
    reviewable = await licenses.lock_reviewable(tx, today(), BATCH)
    expired = [license_ for license_ in reviewable if rules.has_expired(license_, now())]
    for license_ in expired:
        await lifetime.end(tx, license_, "expired")
    running = [license_.license_id for license_ in reviewable if license_ not in expired]
    await contract_rows.keep(tx, running, open_claim(today()).review_at)
    return len(reviewable)


async def _tell_of_ends(tx: Transaction) -> int:
    """Before the end of a license and after it."""
    notices = await licenses.mark_told(tx, now(), expiry_notices.due_on(today()), BATCH)
    for notice in notices:
        template = expiry_notices.template(notice.step)
        facts = {
            "license_id": str(notice.license_id),
            "product": notice.product,
            "last_day": notice.last_day.isoformat(),
        }
        tx.publish(identity.ServiceMailDue(subject_id=notice.subject_id, template=template, facts=facts))
    return len(notices)


async def _dun(tx: Transaction) -> int:
    """Remind of unpaid invoices; each step once."""
    overdue = await invoices.remind_overdue(tx, today(), DUNNING_DAYS, BATCH)
    for invoice in overdue:
        facts = demand(invoice.number, invoice.gross, invoice.due_on, invoice.bank_account)
        tx.publish(identity.ServiceMailDue(subject_id=invoice.subject_id, template="payment-due", facts=facts))
    return len(overdue)
