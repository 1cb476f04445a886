"""Trying a product."""

from services.licensing import trials
from services.licensing.licenses.keys import KeyMint
from shared.contracts import licensing
from shared.contracts.message import Created
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("licensing")


@router.request(licensing.StartTrial, purpose=Purpose.CONTRACT, prepare=trials.prepare)
async def start_trial(request: licensing.StartTrial, tx: Transaction, prepared: str, mint: KeyMint) -> Created:
    return Created(id=await trials.start(tx, request, prepared, mint))
