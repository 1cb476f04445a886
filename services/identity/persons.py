"""Who is who: the subject id that belongs to a confirmed address. Identity alone mints them."""

from uuid import UUID

from services.identity.accounts import store as accounts
from services.identity.addresses import current_hash, forget, hashes_of
from services.identity.former_addresses import leave
from services.identity.linked_persons import link
from services.identity.subject_ids import uuid7
from shared.contracts import identity
from shared.database import Transaction
from shared.personal_data.subjects import Standing, lock_subject
from shared.problems import refuse
from shared.secrets import Keyring

# Two who confirm one address at the same moment must get one id, also when one of them has no newer key yet.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hash) FROM unnest($1::bigint[]) AS hash"
FIND = "SELECT subject_id FROM confirmed_address WHERE address_hash = $1"
TAKE_OVER = """
INSERT INTO confirmed_address (address_hash, subject_id) VALUES ($1, $2)
ON CONFLICT (address_hash) DO UPDATE SET subject_id = excluded.subject_id, confirmed_at = now()
"""
REMEMBER = "INSERT INTO confirmed_address (address_hash, subject_id) VALUES ($1, $2)"


async def recognize(tx: Transaction, keyring: Keyring, email: str) -> UUID:
    """The live person of a confirmed address, locked; mints an id for a new one.

    An erased person's hash is gone with everything else: the same address is then somebody new.
    """
    await _one_at_a_time(tx, keyring, email)
    address_hash = await current_hash(tx, keyring, email)
    while (person := await tx.value(FIND, address_hash)) is not None:
        if await lock_subject(tx, person) is Standing.LIVE:
            return UUID(str(person))
    subject_id = uuid7()
    await lock_subject(tx, subject_id)
    await tx.run(REMEMBER, address_hash, subject_id)
    return subject_id


async def find(tx: Transaction, keyring: Keyring, email: str) -> UUID:
    """The live person of a confirmed address, locked. Raises Refused (404)."""
    person: UUID | None = await tx.value(FIND, await current_hash(tx, keyring, email))
    if person is None or await lock_subject(tx, person) is not Standing.LIVE:
        raise refuse(404, "nobody has this address", field="email")
    return person


async def move(tx: Transaction, keyring: Keyring, subject_id: UUID, from_email: str, to_email: str) -> None:
    """Give a person another confirmed address, proved just now; theirs becomes a former one. Raises Refused (401, 409).

    Somebody who was known by it without an account, as a reader is, turns out to be the same person.
    """
    await _one_at_a_time(tx, keyring, to_email)
    address_hash = await current_hash(tx, keyring, to_email)
    before: UUID | None = await tx.value(FIND, address_hash)
    for person in sorted({subject_id, before or subject_id}):
        if await lock_subject(tx, person) is not Standing.LIVE:
            raise refuse(401, "the session is not valid", message="sign in again")
    if before is not None and before != subject_id:
        if await accounts.owner(tx, address_hash) is not None:
            raise refuse(409, "this address has an account of its own", field="email")
        await link(tx, identity.LinkPersons(subject_id=subject_id, other_id=before))
    await tx.run(TAKE_OVER, address_hash, subject_id)
    former = await current_hash(tx, keyring, from_email)
    if await leave(tx, former, subject_id, address_hash):
        await forget(tx, former)


async def owner(tx: Transaction, keyring: Keyring, email: str) -> UUID | None:
    """Who has an account under an address, locked; nobody after an erasure."""
    subject_id = await accounts.owner(tx, await current_hash(tx, keyring, email))
    if subject_id is None or await lock_subject(tx, subject_id) is not Standing.LIVE:
        return None
    return subject_id


async def _one_at_a_time(tx: Transaction, keyring: Keyring, email: str) -> None:
    hashes = hashes_of(keyring, email)
    locks = sorted(int.from_bytes(each[-8:], signed=True) for each in (hashes.newest, *hashes.older))
    await tx.value(ONE_AT_A_TIME, locks)
