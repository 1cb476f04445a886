"""The decision about a payment at the built-in provider."""

from services.licensing.payments import store
from services.licensing.payments.sandbox import Sandbox
from shared.contracts import licensing
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.PlaySandbox, purpose=Purpose.LEGAL_DUTY)
async def play_sandbox(request: licensing.PlaySandbox, tx: Transaction, sandbox: Sandbox) -> licensing.SignedWebhook:
    amount = request.amount or await store.amount_of(tx, request.reference)
    if amount is None:
        raise refuse(404, "no such payment", field="reference")
    return sandbox.post(request.event, request.reference, amount)
