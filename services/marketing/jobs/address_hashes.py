"""Hashes of addresses by an older key are made anew by the newest one, where the address is known."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from services.marketing.addresses import current_hash, outdated_sign_ups, outdated_subscribers
from shared.database import Database, Transaction
from shared.observability import log
from shared.purposes import Purpose
from shared.secrets import Keyring

INTERVAL_S = 3600.0
BATCH = 100
FIRST = UUID(int=0)

Outdated = Callable[[Transaction, Keyring, UUID, int], Awaitable[dict[UUID, str]]]


async def renew_address_hashes(database: Database, keyring: Keyring) -> bool:
    """Renew all of them; suppression follows the subscribers. Who left is renewed when the address is seen again."""
    renewed = [await _renew_all(database, keyring, outdated) for outdated in (outdated_subscribers, outdated_sign_ups)]
    if any(renewed):
        log.info("address hashes renewed", people=sum(renewed))
    return False


async def _renew_all(database: Database, keyring: Keyring, outdated: Outdated) -> int:
    after, renewed = FIRST, 0
    while True:
        async with database.transaction(Purpose.UPKEEP) as tx:
            emails = await outdated(tx, keyring, after, BATCH)
        for email in emails.values():
            # one transaction each: it locks a person, and two people locked here in another order than an
            # erasure locks them would be a deadlock
            async with database.transaction(Purpose.UPKEEP) as tx:
                await current_hash(tx, keyring, email)
        renewed += len(emails)
        if len(emails) < BATCH:
            return renewed
        after = max(emails)
