"""Starting and reading payments; playing the sandbox."""

from uuid import uuid4

from services.licensing.orders import store as orders
from services.licensing.orders.rules import check_step
from services.licensing.payments import sandbox as sandboxes
from services.licensing.payments import store
from services.licensing.payments.provider import Payer, Provider
from services.licensing.payments.sandbox import Sandbox
from shared.clock import now
from shared.contracts import identity, licensing, participants
from shared.contracts.message import Created
from shared.database import Database, Transaction
from shared.messaging.idempotency import Claim
from shared.messaging.request_client import RequestClient
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import require_live
from shared.problems import refuse
from shared.purposes import ProcessingPurpose, Purpose

router = ServiceRouter("licensing")

GIVEN = ("D1", "D5", "D9")
"""What the provider learns: the payer's name and address, and what is paid."""


@router.request(licensing.StartPayment, purpose=Purpose.CONTRACT)
async def start_payment(
    request: licensing.StartPayment, database: Database, client: RequestClient, provider: Provider, claim: Claim
) -> Created:
    """Begin to pay an open order, or go on with the payment that is under way.

    The disclosure is committed before the data leave: the log never says less than what happened.
    """
    payer = await client.request(identity.TellAddress(subject_id=request.subject_id))
    async with database.transaction(Purpose.CONTRACT) as tx:
        await require_live(tx, request.subject_id)
        begun = await claim.recall(tx) or await _begin(tx, request, provider, claim)
        row = await store.read(tx, request.subject_id, begun.id)
    if row is not None and row["state"] == "started":
        await provider.start(row["reference"], row["amount"], Payer(payer.full_name, payer.email))
    return begun


async def _begin(tx: Transaction, request: licensing.StartPayment, provider: Provider, claim: Claim) -> Created:
    order = await orders.lock(tx, request.order_id, request.subject_id)
    check_step(order["state"], "paid")
    if order["state"] != "open":
        raise refuse(409, "the order is paid by transfer")
    under_way = await store.open_of_order(tx, request.order_id)
    if under_way is not None:
        return await claim.complete(tx, under_way["payment_id"])
    payment_id = uuid4()
    await store.insert(tx, payment_id, order, provider.name, f"pay_{uuid4().hex}", now())
    tx.publish(
        participants.Disclosed(
            subject_id=request.subject_id,
            recipient=provider.name,
            purpose=ProcessingPurpose.SALES,
            categories=GIVEN,
            disclosed_at=now(),
        )
    )
    return await claim.complete(tx, payment_id)


@router.request(licensing.ReadPayment, purpose=Purpose.CONTRACT)
async def read_payment(request: licensing.ReadPayment, tx: Transaction, provider: Provider) -> licensing.Payment:
    """A member's payment and where to go on."""
    row = await store.read(tx, request.subject_id, request.payment_id)
    if row is None:
        raise refuse(404, "no such payment")
    return licensing.Payment.model_validate(dict(row) | {"pay_url": provider.pay_url(row["reference"])})


@router.request(licensing.PlaySandbox, purpose=Purpose.LEGAL_DUTY)
async def play_sandbox(request: licensing.PlaySandbox, tx: Transaction, sandbox: Sandbox) -> licensing.SignedWebhook:
    """What the sandbox would post about a payment."""
    amount = request.amount or await store.amount_of(tx, request.reference)
    if amount is None:
        raise refuse(404, "no such payment", field="reference")
    data = {"reference": request.reference, "amount": amount, "currency": "PLN"}
    if request.event == "refund.made":
        data["refund"] = f"ref_{uuid4().hex}"
    return sandboxes.signed_webhook({"type": request.event, "data": data}, sandbox.secret)
