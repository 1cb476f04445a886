"""Who may fetch a copy: its member after a fresh proof, or the holder of the case token and a mailed code.

Either gets a ticket, as a copy takes longer to hand over than identity's word on who is acting lasts.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.privacy import unconfirmed_requests
from services.privacy.addresses import mailbox
from services.privacy.cases.machine import PENDING
from services.privacy.copies import package, parts, store
from services.privacy.copies.package import MANIFEST, DamagedError, Place
from services.privacy.copies.rules import Chunk, Manifest
from services.privacy.copies.store import StoredCopy
from services.privacy.sealed_addresses import AddressSeal
from services.privacy.signed_tokens import content_of, signed
from shared.clock import now
from shared.contracts.privacy import CopyTicket, OpenCopy, OpenCopyByCode
from shared.database import Database, Transaction
from shared.problems import Refused, refuse
from shared.purposes import Purpose
from shared.secrets import Keyring, digest

USE = "copy ticket"
VALID = timedelta(minutes=15)
ID_BYTES, TIME_BYTES = 16, 8


@dataclass(frozen=True)
class OpenedCopy:
    """A copy with its key and its manifest."""

    case_id: UUID
    key: bytes
    manifest: Manifest

    async def check(self, tx: Transaction) -> None:
        """Raise DamagedError unless every chunk is as it was written. What is handed over is opened then, once."""
        if self.manifest.chunks_digest:
            if await store.chunks_digest(tx, self.case_id) != self.manifest.chunks_digest:
                raise DamagedError
            return
        for number in range(self.manifest.chunks):
            await self.chunk(tx, number)

    async def chunk(self, tx: Transaction, number: int) -> Chunk:
        """Raises DamagedError."""
        place = self.manifest.place(self.case_id, number)
        return Chunk.model_validate_json(package.open_chunk(self.key, place, await store.chunk(tx, place)))


async def for_member(request: OpenCopy, database: Database, keyring: Keyring) -> CopyTicket:
    """Raises Refused: 404 for somebody else's, 409 until it is ready, 410 when it is gone."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        copy = await store.stored(tx, case_id=request.case_id)
    if copy is None or copy.subject_id != request.subject_id:
        raise _none()
    return await _ticket(copy, database, keyring)


async def for_code(request: OpenCopyByCode, database: Database, keyring: Keyring, seal: AddressSeal) -> CopyTicket:
    """Raises Refused as for a member, and 422 for a code that is not valid, or was mailed to another address."""
    copy = await of_token(request.token, database)
    proof = await unconfirmed_requests.proved_for_copy(request, database, keyring, seal)
    if proof is None:
        raise refuse(422, "the code is not valid", field="code", message="ask for a new code")
    owned = mailbox(keyring, proof.email)
    if copy.address_hash not in (owned.newest, *owned.older):
        raise refuse(422, "the code is not valid", field="code", message="it was mailed to another address")
    return await _ticket(copy, database, keyring)


async def of_token(token: str, database: Database) -> StoredCopy:
    """The copy of a case token, if it can be fetched. Raises Refused as for a member."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        copy = await store.stored(tx, token_hash=digest(token))
    if copy is None:
        raise _none()
    check_ready(copy, now())
    return copy


async def _ticket(copy: StoredCopy, database: Database, keyring: Keyring) -> CopyTicket:
    """After every chunk was looked at: what is damaged is not handed over by half, but gathered anew."""
    check_ready(copy, now())
    try:
        async with database.transaction(Purpose.RIGHTS) as tx:
            await (await open_copy(tx, copy, keyring)).check(tx)
    except DamagedError:
        async with database.transaction(Purpose.RIGHTS) as tx:
            await parts.gather_anew(tx, copy.case_id, copy.subject_id, keyring)
        raise refuse(409, "the copy was damaged", message="it is gathered anew: come again in some minutes") from None
    ticket = _signed(copy.case_id, now() + VALID, keyring)
    return CopyTicket(ticket=ticket, right=copy.right, language=copy.language)


def check_ready(copy: StoredCopy, moment: datetime) -> None:
    if copy.state == PENDING:
        raise refuse(409, "the copy is not ready", message="it is in doubt who is asking: answer the letter")
    if copy.state == "gathering":
        raise refuse(409, "the copy is not ready", message="not every service has answered: follow the case")
    if copy.state != "ready" or copy.until <= moment:
        raise refuse(410, "the copy is gone", message="its key is destroyed: ask for a new copy")


async def open_copy(tx: Transaction, copy: StoredCopy, keyring: Keyring) -> OpenedCopy:
    """Raises DamagedError."""
    key, place = package.open_key(keyring, copy.sealed_key), Place(copy.case_id, MANIFEST, 0)
    manifest = package.open_chunk(key, place, await store.chunk(tx, place))
    return OpenedCopy(copy.case_id, key, Manifest.model_validate_json(manifest))


async def shown(tx: Transaction, ticket: str, keyring: Keyring) -> OpenedCopy:
    """The copy of a ticket. Raises Refused: 404 for one that is none, 410 when it or the copy is over."""
    case_id, until = _read(ticket, keyring)
    copy = await store.stored(tx, case_id=case_id)
    if copy is None:
        raise _none()
    if until <= now():
        raise refuse(410, "the ticket is over", field="ticket", message="prove again who you are")
    check_ready(copy, now())
    try:
        return await open_copy(tx, copy, keyring)
    except DamagedError:
        raise refuse(409, "the copy was damaged", message="open it once more") from None


def _signed(case_id: UUID, until: datetime, keyring: Keyring) -> str:
    return signed(keyring, USE, case_id.bytes + int(until.timestamp()).to_bytes(TIME_BYTES))


def _read(ticket: str, keyring: Keyring) -> tuple[UUID, datetime]:
    content = content_of(keyring, USE, ticket)
    if content is None or len(content) != ID_BYTES + TIME_BYTES:
        raise _none()
    seconds = int.from_bytes(content[ID_BYTES:])
    return UUID(bytes=content[:ID_BYTES]), datetime.fromtimestamp(seconds, UTC)


def _none() -> Refused:
    return refuse(404, "no such copy")
