"""The addresses that people used before, by keyed hash alone, as long as their account: whoever asks for a right by an
address of long ago is found by it (GDPR Art. 12(2)).

The address is kept nowhere, so no job renews these hashes: they follow a rotation when somebody asks by the address.
Until then the key that made them can't be taken out (`keys_in_use.py`).
"""

from datetime import datetime
from uuid import UUID

from services.identity.addresses import hashes_of
from shared.database import Transaction
from shared.personal_data.subjects import Standing, lock_subject
from shared.secrets import Keyring

LEAVE = """
WITH former AS (
  DELETE FROM confirmed_address WHERE address_hash = $1 AND subject_id = $2 AND address_hash <> $3
  RETURNING address_hash, subject_id, confirmed_at)
INSERT INTO former_address (address_hash, subject_id, since) SELECT * FROM former
"""
FORGET_SINCE = "DELETE FROM former_address WHERE subject_id = $1 AND until >= $2"
# Linked ids are one person, who is found once, and not as a former user of what is used now.
FIND = """
SELECT DISTINCT ON (p.person) f.subject_id
FROM former_address f LEFT JOIN linked_person l USING (subject_id)
CROSS JOIN LATERAL (SELECT coalesce(l.person, f.subject_id) AS person) p
WHERE f.address_hash = ANY ($1) AND NOT EXISTS (
  SELECT FROM confirmed_address c LEFT JOIN linked_person m USING (subject_id)
  WHERE c.address_hash = ANY ($1) AND coalesce(m.person, c.subject_id) = p.person)
ORDER BY p.person, f.until DESC
"""
RENEW = "UPDATE former_address SET address_hash = $1 WHERE address_hash = ANY ($2) AND subject_id = ANY ($3)"


async def leave(tx: Transaction, address_hash: bytes, subject_id: UUID, for_hash: bytes) -> bool:
    """Make a person's address a former one; False if it is not theirs, or is the one that they take up."""
    return bool(await tx.run(LEAVE, address_hash, subject_id, for_hash))


async def forget_since(tx: Transaction, subject_id: UUID, moment: datetime) -> None:
    """What was left since then was never the person's: the change was undone."""
    await tx.run(FORGET_SINCE, subject_id, moment)


async def former_users(tx: Transaction, keyring: Keyring, email: str) -> list[UUID]:
    """The living people who used a mailbox before and do so no more, locked; one id of each."""
    hashes = hashes_of(keyring, email)
    found = sorted(row["subject_id"] for row in await tx.rows(FIND, list(hashes.keyed)))
    people = [person for person in found if await lock_subject(tx, person) is Standing.LIVE]
    if older := hashes.keyed[1:]:
        await tx.run(RENEW, hashes.newest, list(older), people)
    return people
