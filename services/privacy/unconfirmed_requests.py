"""Requests by e-mail address that nobody has confirmed yet (GDPR Art. 12(2), 12(6)).

They live apart, sealed, and for 48 hours at most; the mailed code that proves the address is stored nowhere. Of a right
that is asked for where nothing is held nothing is kept, once its code has come back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID, uuid4

from services.privacy.addresses import Mailbox, renew_requests
from services.privacy.cases.rules import Opening, Topics, opening, wished
from services.privacy.sealed_addresses import AddressSeal
from shared.contracts.fields import NOBODY, Language
from shared.contracts.privacy import ConfirmCase, ConfirmToken, OpenCopyByCode, RequestCase, Right
from shared.database import Database, Transaction
from shared.mail.delivery import LEASE_S
from shared.purposes import Purpose
from shared.seals import seal as sealed
from shared.secrets import Keyring

CODE = "erasure request"
"""The use of the key that makes the codes, whatever they are asked for."""
STATEMENT = "statement of a request"
"""The use of the key that seals what somebody says with a request."""
Kind = Right | Literal["case token", "copy"]
RIGHTS = get_args(Right)
MAX_TRIES = 5
MAX_CODES = 3
"""So many codes an hour reach one mailbox, whoever asks; so guesses are bounded for the mailbox as well."""
VALID = "interval '1 hour'"

ONE_AT_A_TIME = 4543  # the first key of the advisory lock, the second is the mailbox
TURN = f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME}, hashtext(encode($1, 'hex')))"
# A mail that could not leave yet counts however old it is: when the server comes back, all of them leave at once.
RECENT = f"""
SELECT request_id, kind, terminate_contract, ground, about, sealed_statement IS NOT NULL AS has_words,
  tries < {MAX_TRIES} AND coalesce(code_from > now() - {VALID}, true) AS live
FROM unconfirmed_request WHERE address_hash = $1 AND coalesce(sent_at > now() - interval '1 hour', true)
ORDER BY received_at DESC
"""  # noqa: S608 constants
STORE = """
INSERT INTO unconfirmed_request (kind, sealed_address, terminate_contract, language, received_at, address_hash,
  older_hashes, ground, about, sealed_statement)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING request_id
"""
# A wrong code counts, a right one does not: what comes after it may fail and be asked again. Right or wrong,
# the lock on the row puts all in line, so nobody gets more guesses by making them at once.
TRY = f"""
UPDATE unconfirmed_request SET tries = tries + CASE WHEN $2 THEN 0 ELSE 1 END
WHERE request_id = $1 AND kind = ANY ($3) AND tries < {MAX_TRIES} AND code_from > now() - {VALID}
RETURNING kind, sealed_address, terminate_contract, language, received_at, ground, about, sealed_statement
"""  # noqa: S608 constants
DELETE = "DELETE FROM unconfirmed_request WHERE request_id = $1"
EXPIRE = "DELETE FROM unconfirmed_request WHERE received_at < now() - interval '48 hours'"
LEASE = """
WITH due AS MATERIALIZED (SELECT request_id FROM unconfirmed_request WHERE sent_at IS NULL AND mail_due_at <= now()
  ORDER BY mail_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE unconfirmed_request SET mail_tries = mail_tries + 1, mail_due_at = now() + make_interval(secs => $2),
  code_from = now() WHERE request_id IN (SELECT request_id FROM due)
RETURNING request_id, kind, sealed_address, terminate_contract, language, mail_tries AS attempts
"""
DONE = "UPDATE unconfirmed_request SET sent_at = now() WHERE request_id = $1"
POSTPONE = "UPDATE unconfirmed_request SET mail_due_at = now() + make_interval(secs => $2) WHERE request_id = $1"


@dataclass(frozen=True)
class Request:
    """What was asked for an address."""

    kind: Kind
    sealed_address: bytes
    terminate_contract: bool
    language: str
    received_at: datetime
    ground: str | None = None
    about: str | None = None
    sealed_statement: bytes | None = None


def asked(wish: RequestCase, received_at: datetime, seal: AddressSeal, topics: Topics) -> Request:
    """What somebody asks for, if it goes with the right. Raises Refused (422)."""
    case = wished(opening_of(NOBODY, wish.right, wish.language, received_at, 0), wish, topics)
    return Request(
        wish.right,
        seal.close(wish.email),
        wish.terminate_contract,
        wish.language,
        received_at,
        case.ground,
        case.about,
        sealed(seal.keyring, STATEMENT, case.statement) if case.statement is not None else None,
    )


def opening_of(subject_id: UUID, right: Right, language: str, received_at: datetime, cooling_off_s: float) -> Opening:
    return opening(
        subject_id,
        right=right,
        language=language,
        channel="e-mail address",
        verified_by="mailed code",
        received_at=received_at,
        cooling_off_s=cooling_off_s,
    )


@dataclass(frozen=True)
class Proved:
    """A request whose address was proved by its code."""

    request: Request
    email: str


@dataclass(frozen=True)
class DueCode:
    """A request whose code has to be mailed."""

    request_id: UUID
    kind: Kind
    sealed_address: bytes
    terminate_contract: bool
    language: Language
    attempts: int


@dataclass(frozen=True)
class RecentCode:
    """A code that was mailed within the hour, or waits for its mail; `live` while it can be used."""

    request_id: UUID
    kind: Kind
    terminate_contract: bool
    ground: str | None
    about: str | None
    has_words: bool
    live: bool

    def serves(self, request: Request) -> bool:
        """Whether whoever asks so can use it: what somebody says in own words is never taken for what another said."""
        wish = (request.kind, request.terminate_contract, request.ground, request.about)
        is_the_same = (self.kind, self.terminate_contract, self.ground, self.about) == wish
        return self.live and is_the_same and not self.has_words and request.sealed_statement is None


async def take(tx: Transaction, request: Request, asked_for: Mailbox) -> UUID:
    """Keep a request; its id is what the code is mailed for.

    Of a mailbox that has had its codes nothing is kept. The answer is alike, and leads to the newest code that was
    mailed for the same wish. Nothing is looked up but earlier requests: whose address it is shows nowhere.
    """
    await tx.value(TURN, asked_for.newest)
    await renew_requests(tx, asked_for)
    recent = [RecentCode(**row) for row in await tx.rows(RECENT, asked_for.newest)]
    if len(recent) < MAX_CODES:
        return await store(tx, request, asked_for)
    return next((code.request_id for code in recent if code.serves(request)), uuid4())


async def store(tx: Transaction, request: Request, asked_for: Mailbox) -> UUID:
    r = request
    columns = (
        r.kind,
        r.sealed_address,
        r.terminate_contract,
        r.language,
        r.received_at,
        asked_for.newest,
        list(asked_for.older),
        *(r.ground, r.about, r.sealed_statement),
    )
    request_id: UUID = await tx.value(STORE, *columns)
    return request_id


async def proved_for_case(
    request: ConfirmCase, database: Database, keyring: Keyring, seal: AddressSeal
) -> Proved | None:
    """Count the try; None for a code that is not valid."""
    return await _proved(RIGHTS, request, database, keyring, seal)


def right_of(request: Request) -> Right:
    return next(right for right in RIGHTS if right == request.kind)


async def proved(request: ConfirmToken, database: Database, keyring: Keyring, seal: AddressSeal) -> Proved | None:
    """Likewise for another token of a case."""
    return await _proved(("case token",), request, database, keyring, seal)


async def proved_for_copy(
    request: OpenCopyByCode, database: Database, keyring: Keyring, seal: AddressSeal
) -> Proved | None:
    """Likewise for a code with which a copy is fetched."""
    return await _proved(("copy",), request, database, keyring, seal)


async def _proved(
    kinds: Sequence[str],
    request: ConfirmCase | ConfirmToken | OpenCopyByCode,
    database: Database,
    keyring: Keyring,
    seal: AddressSeal,
) -> Proved | None:
    right = keyring.is_code(CODE, request.request_id.bytes, request.code)
    async with database.transaction(Purpose.RIGHTS) as tx:
        row = await tx.row(TRY, request.request_id, right, list(kinds))
    if row is None or not right:
        return None
    unconfirmed = Request(**row)
    return Proved(unconfirmed, seal.open(unconfirmed.sealed_address))


async def delete(tx: Transaction, request_id: UUID) -> None:
    """It had its effect: nothing is left to confirm."""
    await tx.run(DELETE, request_id)


async def drop_expired(tx: Transaction) -> None:
    await tx.run(EXPIRE)


async def lease(tx: Transaction, limit: int) -> Sequence[DueCode]:
    """Take the codes that are due to be mailed; a code is valid from the moment its mail sets out."""
    return [DueCode(**row) for row in await tx.rows(LEASE, limit, LEASE_S)]


async def done(tx: Transaction, due: DueCode) -> None:
    await tx.run(DONE, due.request_id)


async def postpone(tx: Transaction, due: DueCode, wait_s: float) -> None:
    await tx.run(POSTPONE, due.request_id, wait_s)
