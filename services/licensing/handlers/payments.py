"""Starting and reading payments; transfers seen on the account."""

from services.licensing.fulfilment import Vendor, settle_by_transfer
from services.licensing.orders import store as orders
from services.licensing.payments import start, store
from services.licensing.payments.provider import Provider
from shared.contracts import licensing
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import lock_erased_too
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.StartPayment, purpose=Purpose.CONTRACT, prepare=start.prepare)
async def start_payment(
    request: licensing.StartPayment, tx: Transaction, provider: Provider, prepared: start.Announcement
) -> Created:
    return Created(id=await start.start(tx, request, provider, prepared))


@router.request(licensing.ReadPayment, purpose=Purpose.CONTRACT)
async def read_payment(request: licensing.ReadPayment, tx: Transaction) -> licensing.Payment:
    payment = await store.one(tx, request.subject_id, request.payment_id)
    if payment is None:
        raise refuse(404, "no such payment")
    return licensing.Payment(
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        state=payment.state,
        amount=payment.amount,
        provider=payment.provider,
        reference=payment.reference,
        pay_url=payment.pay_url or "",
    )


@router.request(licensing.RecordTransfer, purpose=Purpose.CLAIMS)
async def record_transfer(request: licensing.RecordTransfer, tx: Transaction, vendor: Vendor) -> Done:
    """The money for an invoiced order is there, also after an erasure: the claim ends, the tax set stays."""
    subject_id = await orders.subject_of(tx, request.order_id)
    await lock_erased_too(tx, subject_id)
    order = await orders.lock(tx, request.order_id, subject_id)
    if order.state == "paid":
        return Done()
    if order.state != "invoiced":
        raise refuse(409, "only an invoiced order is paid by transfer", message=f"it is {order.state}")
    await settle_by_transfer(tx, order, vendor)
    return Done()
