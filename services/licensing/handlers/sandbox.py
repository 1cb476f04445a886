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
async def play_sandbox(
    request: licensing.PlaySandbox, tx: Transaction, sandbox: Sandbox | None
) -> licensing.SignedWebhook:
    amount = await _amount_of(tx, sandbox, request.reference)
    return _wired(sandbox).post(request.event, request.reference, request.amount or amount)


@router.request(licensing.ReadSandbox, purpose=Purpose.LEGAL_DUTY)
async def read_sandbox(
    request: licensing.ReadSandbox, tx: Transaction, sandbox: Sandbox | None
) -> licensing.SandboxPayment:
    return licensing.SandboxPayment(amount=await _amount_of(tx, sandbox, request.reference))


async def _amount_of(tx: Transaction, sandbox: Sandbox | None, reference: str) -> int:
    """Raises Refused (404) for an unknown payment, and for each where no sandbox is wired."""
    _wired(sandbox)
    amount = await store.amount_of(tx, reference)
    if amount is None:
        raise refuse(404, "no such payment", field="reference")
    return amount


def _wired(sandbox: Sandbox | None) -> Sandbox:
    if sandbox is None:
        raise refuse(404, "there is no sandbox here")
    return sandbox
