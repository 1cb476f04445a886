"""People fetch their copies."""

from services.privacy import unconfirmed_requests
from services.privacy.addresses import mailbox
from services.privacy.copies import tickets
from services.privacy.copies.document import fragment
from services.privacy.copies.store import StoredCopy
from services.privacy.loops import CODES
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.unconfirmed_requests import Request
from shared.clock import now
from shared.contracts import privacy
from shared.contracts.message import Created
from shared.database import Database, Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose
from shared.secrets import Keyring

router = ServiceRouter("privacy")


@router.request(privacy.OpenCopy, purpose=Purpose.RIGHTS, prepare=tickets.for_member)
async def open_copy(_request: privacy.OpenCopy, prepared: privacy.CopyTicket) -> privacy.CopyTicket:
    return prepared


@router.request(privacy.OpenCopyByCode, purpose=Purpose.RIGHTS, prepare=tickets.for_code)
async def open_copy_by_code(_request: privacy.OpenCopyByCode, prepared: privacy.CopyTicket) -> privacy.CopyTicket:
    return prepared


async def copy_of_token(request: privacy.RequestCopyCode, database: Database) -> StoredCopy:
    return await tickets.of_token(request.token, database)


@router.request(privacy.RequestCopyCode, purpose=Purpose.RIGHTS, prepare=copy_of_token)
async def request_copy_code(
    _request: privacy.RequestCopyCode, tx: Transaction, prepared: StoredCopy, seal: AddressSeal, keyring: Keyring
) -> Created:
    """Mail a code to the address of the case, and to no other."""
    if prepared.sealed_address is None:
        raise refuse(409, "the case has no address", message="sign in to fetch the copy")
    unconfirmed = Request("copy", prepared.sealed_address, False, prepared.language, now())
    owned = mailbox(keyring, seal.open(prepared.sealed_address))
    request_id = await unconfirmed_requests.take(tx, unconfirmed, owned)
    tx.wake(CODES)
    return Created(id=request_id)


@router.request(privacy.ReadCopyFragment, purpose=Purpose.RIGHTS)
async def read_copy_fragment(
    request: privacy.ReadCopyFragment, tx: Transaction, keyring: Keyring
) -> privacy.CopyFragment:
    copy = await tickets.shown(tx, request.ticket, keyring)
    return await fragment(tx, copy, request)
