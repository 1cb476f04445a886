"""Adds to new decisions the hash by which they are found: identity and marketing alone know addresses."""

from uuid import UUID

from services.privacy.consents import proofs
from services.privacy.consents.rules import OPEN_TO_CHOICE
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
    try:
        for subject_id in subjects:
            await _hash(database, client, keyring, subject_id)
    except Unavailable:
        async with database.transaction(Purpose.RIGHTS) as tx:
            await proofs.put_off(tx, subjects, LATER_S)
        return False
    return len(subjects) == BATCH


async def _hash(database: Database, client: RequestClient, keyring: Keyring, subject_id: UUID) -> None:
    address = await any_address([subject_id], client)
    async with database.transaction(Purpose.RIGHTS) as tx:
        if address is None:
            await proofs.give_up(tx, subject_id)
            return
        newest = {purpose: proofs.hashes(keyring, address.email, purpose)[0] for purpose in OPEN_TO_CHOICE}
        await proofs.add_hashes(tx, subject_id, newest)
