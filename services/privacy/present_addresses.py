"""Where somebody gets mail today: in the account, which identity alone knows; or else the newsletter."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from shared.contracts import identity, marketing
from shared.contracts.fields import Language
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


@dataclass(frozen=True)
class MailAddress:
    """Where a person is written to, in which language, and by which id it is known."""

    subject_id: UUID
    email: str
    language: Language


async def any_address(ids: Iterable[UUID], client: RequestClient) -> MailAddress | None:
    """The address of the first id that has one: of an account, or of the newsletter. Raises Unavailable."""
    for subject_id in ids:
        found = await present_address(subject_id, client) or await _newsletter_address(subject_id, client)
        if found:
            return MailAddress(subject_id, found.email, "en" if found.language == "en" else "pl")
    return None


async def _newsletter_address(subject_id: UUID, client: RequestClient) -> marketing.ReaderAddress | None:
    try:
        return await client.request(marketing.TellReaderAddress(subject_id=subject_id))
    except Refused as refused:
        if refused.problem.status in GONE:
            return None
        raise
