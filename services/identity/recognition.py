"""Who is who: the keyed hash of every confirmed address, and the subject id it belongs to."""

from uuid import UUID

from services.identity.keys import Keys
from services.identity.subject_ids import uuid7
from shared.contracts import identity
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.personal_data.subjects import Standing, lock_subject
from shared.purposes import Purpose

router = ServiceRouter("identity")

# Two who confirm one address at the same moment must get one id.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock($1)"
KNOWN = "SELECT subject_id FROM confirmed_address WHERE address_hash = $1"
REMEMBER = "INSERT INTO confirmed_address (address_hash, subject_id) VALUES ($1, $2)"


async def recognize(tx: Transaction, address_hash: bytes) -> UUID:
    """The live person of a confirmed address, locked; mints an id for a new one.

    An erased person's hash is gone with everything else: the same address is then somebody new.
    """
    await tx.value(ONE_AT_A_TIME, int.from_bytes(address_hash[:8], signed=True))
    while (known := await tx.value(KNOWN, address_hash)) is not None:
        if await lock_subject(tx, known) is Standing.LIVE:
            return UUID(str(known))
    minted = uuid7()
    await lock_subject(tx, minted)
    await tx.run(REMEMBER, address_hash, minted)
    return minted


@router.request(identity.RecognizePerson, purpose=Purpose.UPKEEP)
async def recognize_person(request: identity.RecognizePerson, tx: Transaction, keys: Keys) -> identity.Recognized:
    """Tell whose confirmed address this is."""
    return identity.Recognized(subject_id=await recognize(tx, keys.address(request.email)))
