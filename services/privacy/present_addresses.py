"""Where somebody gets mail today, which identity alone knows."""

from uuid import UUID

from shared.contracts import identity
from shared.messaging.request_client import RequestClient
from shared.problems import Refused

GONE = (404, 410)


async def present_address(subject_id: UUID, client: RequestClient) -> identity.Address | None:
    """None without an account, or after its erasure. Raises Unavailable when identity does not answer."""
    try:
        return await client.request(identity.TellAddress(subject_id=subject_id))
    except Refused as refused:
        if refused.problem.status in GONE:
            return None
        raise
