"""Adds to new decisions the hash by which they are found: identity and marketing alone know addresses."""

import asyncio

from services.privacy.consents import proofs
from services.privacy.present_addresses import any_address
from shared.database import Database
from shared.messaging.request_client import RequestClient
from shared.problems import Unavailable
from shared.purposes import Purpose
from shared.secrets import Keyring

BATCH = 50
LATER_S = 60.0


async def hash_consents(database: Database, client: RequestClient, keyring: Keyring) -> bool:
    """See to the people whose decisions wait; answers whether more may be waiting."""
    async with database.transaction(Purpose.RIGHTS) as tx:
        subjects = await proofs.due(tx, BATCH)
    if not subjects:
        return False
    try:
        found = await asyncio.gather(*(any_address([subject_id], client) for subject_id in subjects))
    except Unavailable:
        async with database.transaction(Purpose.RIGHTS) as tx:
            await proofs.put_off(tx, subjects, LATER_S)
        return False
    known = {subject_id: at.email for subject_id, at in zip(subjects, found, strict=True) if at}
    async with database.transaction(Purpose.RIGHTS) as tx:
        await proofs.add_hashes(tx, keyring, known)
        await proofs.give_up(tx, [each for each in subjects if each not in known])
    return len(subjects) == BATCH
