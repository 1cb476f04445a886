"""Who is who: the subject id that belongs to a confirmed address. Identity alone mints them."""

from uuid import UUID

from services.identity.accounts import store as accounts
from services.identity.addresses import current_hash, hashes_of
from services.identity.subject_ids import uuid7
from shared.database import Transaction
from shared.personal_data.subjects import Standing, lock_subject
from shared.secrets import Keyring

# Two who confirm one address at the same moment must get one id, also when one of them has no newer key yet.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hash) FROM unnest($1::bigint[]) AS hash"
FIND = "SELECT subject_id FROM confirmed_address WHERE address_hash = $1"
REMEMBER = "INSERT INTO confirmed_address (address_hash, subject_id) VALUES ($1, $2)"


async def recognize(tx: Transaction, keyring: Keyring, email: str) -> UUID:
    """The live person of a confirmed address, locked; mints an id for a new one.

    An erased person's hash is gone with everything else: the same address is then somebody new.
    """
    hashes = hashes_of(keyring, email)
    locks = sorted(int.from_bytes(each[-8:], signed=True) for each in (hashes.newest, *hashes.older))
    await tx.value(ONE_AT_A_TIME, locks)
    address_hash = await current_hash(tx, keyring, email)
    while (person := await tx.value(FIND, address_hash)) is not None:
        if await lock_subject(tx, person) is Standing.LIVE:
            return UUID(str(person))
    subject_id = uuid7()
    await lock_subject(tx, subject_id)
    await tx.run(REMEMBER, address_hash, subject_id)
    return subject_id


async def owner(tx: Transaction, keyring: Keyring, email: str) -> UUID | None:
    """Who has an account under an address, locked; nobody after an erasure."""
    subject_id = await accounts.owner(tx, await current_hash(tx, keyring, email))
    if subject_id is None or await lock_subject(tx, subject_id) is not Standing.LIVE:
        return None
    return subject_id
