"""Another token for a case, when the first is lost: the address is proved again by a mailed code."""

from services.privacy import unconfirmed_requests
from services.privacy.addresses import mailbox, proved_hash
from services.privacy.cases import store
from services.privacy.loops import CODES
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.unconfirmed_requests import Proved, Request, proved
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.message import Created
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import Keyring
from shared.tracing import note

router = ServiceRouter("privacy")


@router.request(privacy.RequestToken, purpose=Purpose.RIGHTS)
async def request_token(request: privacy.RequestToken, tx: Transaction, seal: AddressSeal, keyring: Keyring) -> Created:
    """Mail a code, whether the address has a case or not: only its owner is told."""
    unconfirmed = Request("case token", seal.close(request.email), False, request.language, now())
    request_id = await unconfirmed_requests.take(tx, unconfirmed, mailbox(keyring, request.email))
    tx.wake(CODES)
    return Created(id=request_id)


@router.request(privacy.ConfirmToken, purpose=Purpose.RIGHTS, prepare=proved)
async def confirm_token(
    request: privacy.ConfirmToken, tx: Transaction, prepared: Proved | None, keyring: Keyring
) -> Created:
    """From now on this token leads to the newest case of the address. Raises Refused: 422 for a wrong code, 404."""
    if prepared is None:
        raise refuse(422, "the code is not valid", field="code", message="ask for a new code")
    case_id = await store.replace_token(tx, await proved_hash(tx, keyring, prepared.email), request.token)
    note(case_id=case_id)
    await unconfirmed_requests.delete(tx, request.request_id)
    return Created(id=case_id)
