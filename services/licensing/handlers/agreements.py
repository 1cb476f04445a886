"""The letters that confirm what was agreed to, and what identity tells of them."""

from services.licensing import confirmation
from services.licensing.agreements import rules, store
from services.licensing.fulfilment import Vendor
from services.licensing.orders import store as orders
from services.licensing.withdrawals import carry_out
from services.licensing.withdrawals import store as withdrawals
from shared.clock import now
from shared.contracts import identity, licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.ResendConfirmation, purpose=Purpose.CONTRACT)
async def resend(request: licensing.ResendConfirmation, tx: Transaction, vendor: Vendor) -> Done:
    """Asking sooner, or without need, changes nothing."""
    order = await orders.lock(tx, request.order_id, request.subject_id)
    if rules.may_be_asked_again(await store.lock(tx, order.order_id), now()):
        await confirmation.ask(tx, order, vendor.seller, vendor.editions)
    return Done()


@router.event(identity.ServiceMailHandedOver, purpose=Purpose.CONTRACT)
async def confirm(event: identity.ServiceMailHandedOver, tx: Transaction) -> None:
    """The mail server has taken the letter of a contract, or of a withdrawal."""
    if event.template == confirmation.TEMPLATE:
        await store.confirm(tx, event.about, event.handed_over_at)
    if event.template == carry_out.TEMPLATE:
        await withdrawals.acknowledge(tx, event.about, event.handed_over_at)
