"""The start of a payment: stored and disclosed first, announced to the provider after the commit."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID, uuid4

from services.licensing import bans
from services.licensing.orders import store as orders
from services.licensing.orders.rules import check_step
from services.licensing.payments import store
from services.licensing.payments.provider import Payer, Provider
from shared.clock import now
from shared.contracts import identity, licensing, participants
from shared.database import Database, Transaction
from shared.messaging.request_client import RequestClient
from shared.personal_data.data_map import Category
from shared.problems import refuse
from shared.purposes import ProcessingPurpose, Purpose

Announcement = Callable[[str, int], Awaitable[None]]
"""Tell the provider of a payment by reference and amount, and note where its payer goes on."""

DISCLOSED = (Category.NAME, Category.EMAIL, Category.ORDERS)
"""What the provider learns: the payer's name and address, and what is paid."""


async def prepare(
    request: licensing.StartPayment, database: Database, client: RequestClient, provider: Provider
) -> Announcement:
    """Ask identity who pays, and announce once more a payment of the order that is under way.

    A process may have died, or the provider may have been away, between commit and announcement; the request that
    is repeated then is answered from its idempotency key, and would leave the payment unknown to the provider.
    """
    if not provider.takes_money:
        raise refuse(409, "payment by card is not offered here")
    address = await client.request(identity.TellAddress(subject_id=request.subject_id))
    announce = partial(_announce, database, provider, Payer(address.full_name, address.email))
    async with database.transaction(Purpose.CONTRACT) as tx:
        under_way = await store.started(tx, request.order_id)
    if under_way is not None and under_way.subject_id == request.subject_id:
        await announce(under_way.reference, under_way.amount)
    return announce


async def _announce(database: Database, provider: Provider, payer: Payer, reference: str, amount: int) -> None:
    """Its page is noted for the payer; no transaction waits for the provider meanwhile."""
    pay_url = await provider.announce(reference, amount, payer)
    async with database.transaction(Purpose.CONTRACT) as tx:
        await store.note_page(tx, reference, pay_url)


async def start(tx: Transaction, request: licensing.StartPayment, provider: Provider, announce: Announcement) -> UUID:
    """Begin to pay an open order, or go on with the payment that is under way; answers the payment's id.

    The disclosure is committed before the data leave: the log never says less than what happened.
    """
    await bans.check(tx, request.subject_id)
    order = await orders.lock(tx, request.order_id, request.subject_id)
    check_step(order.state, "paid")
    if order.state != "open":
        raise refuse(409, "the order is paid by transfer")
    if under_way := await store.started(tx, order.order_id):
        return under_way.payment_id
    payment_id, reference = uuid4(), f"pay_{uuid4().hex}"
    await store.add(tx, payment_id, order, provider.name, reference, now())
    tx.publish(
        participants.Disclosed(
            subject_id=order.subject_id,
            recipient=provider.name,
            purpose=ProcessingPurpose.SALES,
            categories=DISCLOSED,
            disclosed_at=now(),
            reference=reference,
        )
    )
    tx.after_commit(partial(announce, reference, order.gross))
    return payment_id
