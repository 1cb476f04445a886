"""No key can be taken out while addresses are known by hashes that it made: who is known by one would be found no more.

Those of accounts a job renews (`jobs/address_hashes.py`). The others wait until somebody asks by the address, as
nobody else has it.
"""

from dataclasses import dataclass

from services.identity.settings import IdentitySettings
from shared.database import Database
from shared.lifecycle import CannotStart
from shared.mail.address_hashes import HASH_BYTES
from shared.purposes import Purpose
from shared.secrets import LEGACY

UNREAD = """
SELECT key_id, count(*) AS hashes
FROM (SELECT address_hash FROM confirmed_address UNION ALL SELECT address_hash FROM former_address) stored
CROSS JOIN LATERAL (
  SELECT CASE WHEN octet_length(address_hash) = $2 THEN get_byte(address_hash, 0) ELSE $3 END AS key_id) made_by
WHERE key_id <> ALL ($1::integer[])
GROUP BY key_id ORDER BY key_id
"""


@dataclass(frozen=True)
class Unread:
    """A key that is set no more, and how many hashes there are by it."""

    key_id: int
    hashes: int


async def require_keys_in_use(settings: IdentitySettings, database: Database) -> None:
    """Raises CannotStart by the ids of the keys that are missed."""
    ids = sorted(settings.keyring("identity").ids)
    async with database.transaction(Purpose.UPKEEP) as tx:
        unread = [Unread(**row) for row in await tx.rows(UNREAD, ids, HASH_BYTES, LEGACY)]
    if unread:
        missed = ", ".join(f"key {each.key_id} ({each.hashes})" for each in unread)
        raise CannotStart(f"LETHE_IDENTITY_KEYS lacks keys by which addresses are known: {missed}; put them last")
