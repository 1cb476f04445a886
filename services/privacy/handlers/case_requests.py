"""Requests by e-mail address: a mailed code proves the address, then the case opens (GDPR Art. 12(2), 12(6))."""

from services.privacy import confirmed_requests, unconfirmed_requests
from services.privacy.addresses import mailbox
from services.privacy.cases.rules import Topics
from services.privacy.confirmed_requests import Confirmed, confirmed
from services.privacy.loops import CODES
from services.privacy.register.model import Register
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.settings import PrivacySettings
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.message import Created
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("privacy")


@router.request(privacy.RequestCase, purpose=Purpose.RIGHTS)
async def request_case(
    request: privacy.RequestCase, tx: Transaction, seal: AddressSeal, keyring: Keyring, register: Register
) -> Created:
    """Take a request for an address; the code leaves by mail, whoever the address belongs to. Raises Refused (422)."""
    asked = unconfirmed_requests.asked(request, now(), seal, Topics(register.decisions, register.categories))
    request_id = await unconfirmed_requests.take(tx, asked, mailbox(keyring, request.email))
    tx.wake(CODES)
    return Created(id=request_id)


@router.request(privacy.ConfirmCase, purpose=Purpose.RIGHTS, prepare=confirmed)
async def confirm_case(
    request: privacy.ConfirmCase,
    tx: Transaction,
    prepared: Confirmed | None,
    seal: AddressSeal,
    settings: PrivacySettings,
) -> Created:
    """Open the cases of a proved address. Raises Refused (422) for a wrong code, and for any after five wrong ones.

    Who asks once more by a former address gets the id of what was asked: it leads to no case.
    """
    if prepared is None:
        raise refuse(422, "the code is not valid", field="code", message="ask for a new code")
    case_id = await confirmed_requests.open_cases(
        tx, prepared, request.token, seal, settings.required, settings.cooling_off_s
    )
    await unconfirmed_requests.delete(tx, request.request_id)
    return Created(id=case_id or request.request_id)
