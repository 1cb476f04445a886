"""The decision about a payment at the built-in provider."""

from services.licensing.payments import store
from services.licensing.payments.sandbox import Sandbox
from shared.contracts import licensing
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.PlaySandbox, purpose=Purpose.LEGAL_DUTY)
async def play_sandbox(
    request: licensing.PlaySandbox, tx: Transaction, sandbox: Sandbox | None
) -> licensing.SignedWebhook:
    wired, amount = _wired(sandbox), await _amount_of(tx, request.reference)
    names = request.refund, request.dispute
    return wired.post(request.event, request.reference, request.amount or amount, *names)


@router.request(licensing.ReadSandbox, purpose=Purpose.LEGAL_DUTY)
async def read_sandbox(request: licensing.ReadSandbox, tx: Transaction, sandbox: Sandbox | None) -> Done:
    _wired(sandbox)
    await _amount_of(tx, request.reference)
    return Done()


async def _amount_of(tx: Transaction, reference: str) -> int:
    amount = await store.amount_of(tx, reference)
    if amount is None:
        raise refuse(404, "no such payment", field="reference")
    return amount


def _wired(sandbox: Sandbox | None) -> Sandbox:
    if sandbox is None:
        raise refuse(404, "there is no sandbox here")
    return sandbox
