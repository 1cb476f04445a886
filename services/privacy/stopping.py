"""The link in a receipt: whoever has the mailbox stops a case that somebody else opened for it.

The link says which case it is about and is stored nowhere. It does what its person can do with the case token: as long
as the machine of the case lets it be taken back, and once.
"""

from uuid import UUID

from services.privacy.cases import store
from services.privacy.cases.machine import may_go
from services.privacy.cases.store import Wanted
from services.privacy.signed_tokens import content_of, signed
from services.privacy.withdrawal import take_back
from shared.contracts.privacy import StopOffer
from shared.database import Transaction
from shared.problems import refuse
from shared.secrets import Keyring

USE = "stop link"
ID_BYTES = 16


def link(keyring: Keyring, public_url: str, case_id: UUID) -> str:
    return f"{public_url}/privacy-requests/stops/{signed(keyring, USE, case_id.bytes)}"


async def offer(tx: Transaction, keyring: Keyring, token: str) -> StopOffer:
    """How the case of a link stands. Raises Refused (404) for a link that is none, and for a case that is gone."""
    case = await _case(tx, keyring, token)
    state = await store.state(tx, case.case_id)
    return StopOffer(right=case.right, state=state, can_be_stopped=may_go(case.right, state, "withdrawn"))


async def stop(tx: Transaction, keyring: Keyring, token: str) -> StopOffer:
    """Take the case of a link back, unless it is too late. Raises Refused (404)."""
    case = await _case(tx, keyring, token)
    return StopOffer(right=case.right, state=await take_back(tx, case), can_be_stopped=False)


async def _case(tx: Transaction, keyring: Keyring, token: str) -> Wanted:
    content = content_of(keyring, USE, token)
    case = None
    if content is not None and len(content) == ID_BYTES:
        case = await store.by_id(tx, UUID(bytes=content))
    if case is None:
        raise refuse(404, "this link leads to no case")
    return case
