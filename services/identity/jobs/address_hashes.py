"""Hashes of addresses by an older key are made anew by the newest one, where the address is known."""

from services.identity.addresses import current_hash, outdated
from shared.database import Database
from shared.observability import log
from shared.purposes import Purpose
from shared.secrets import Keyring

INTERVAL_S = 3600.0
BATCH = 100


async def renew_address_hashes(database: Database, keyring: Keyring) -> bool:
    """Renew all of them, batch by batch; a person without an account is renewed when the address is seen again."""
    after, renewed = "", 0
    while True:
        async with database.transaction(Purpose.UPKEEP) as tx:
            emails = await outdated(tx, keyring, after, BATCH)
        for email in emails:
            # one transaction each: it locks a person, and two people locked here in another order than an
            # erasure locks them would be a deadlock
            async with database.transaction(Purpose.UPKEEP) as tx:
                await current_hash(tx, keyring, email)
        renewed += len(emails)
        if len(emails) < BATCH:
            break
        after = emails[-1]
    if renewed:
        log.info("address hashes renewed", people=renewed)
    return False
