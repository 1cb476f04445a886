"""The keyed hashes under which mailboxes are known, and how they follow a rotation of the keys.

A stored hash begins with the id of its key. Whoever looks a mailbox up asks for `current_hash` first, which
brings every row of that mailbox to the newest key: these tables never disagree about it, and sign-ups follow theirs.
"""

from dataclasses import dataclass
from uuid import UUID

from services.identity import legacy_hashes
from shared.database import Transaction
from shared.mail.address_hashes import HASH_BYTES, AddressHashes, address_hashes, newest_key_id
from shared.personal_data.subjects import lock_subject
from shared.secrets import Keyring


def hashes_of(keyring: Keyring, email: str) -> AddressHashes:
    return address_hashes(keyring, email, legacy_hashes.spelling(email), legacy_hashes.address_hash)


@dataclass(frozen=True)
class StoredHash:
    """A row that has a hash; its own address and its person where the table has them."""

    address_hash: bytes
    email: str | None = None
    subject_id: UUID | None = None


STORED = {
    # first, as it locks the person: an erasure locks people before it touches the rows of the other tables
    "confirmed_address": """
SELECT c.address_hash, a.email, c.subject_id FROM confirmed_address c LEFT JOIN account a USING (subject_id)
WHERE c.address_hash = ANY ($1)
""",
    "mail_request": "SELECT address_hash, nullif(email, '') AS email FROM mail_request WHERE address_hash = ANY ($1)",
    "pending_address": "SELECT address_hash, email FROM pending_address WHERE address_hash = ANY ($1)",
    "sign_in_attempt": "SELECT address_hash FROM sign_in_attempt WHERE address_hash = ANY ($1)",
}
RENEW = """
UPDATE {table} SET address_hash = $2
WHERE address_hash = $1 AND NOT EXISTS (SELECT FROM {table} WHERE address_hash = $2)
"""


async def current_hash(tx: Transaction, keyring: Keyring, email: str) -> bytes:
    """The hash to look a mailbox up by, once what is stored under an older one has been renewed."""
    hashes = hashes_of(keyring, email)
    if hashes.older:
        for table, statement in STORED.items():
            await _renew(tx, table, statement, hashes)
    return hashes.newest


async def _renew(tx: Transaction, table: str, statement: str, hashes: AddressHashes) -> None:
    for stored in [StoredHash(**row) for row in await tx.rows(statement, [hashes.newest, *hashes.older])]:
        if stored.address_hash == hashes.newest or not hashes.proved_by(stored.address_hash, stored.email):
            continue  # for a known mailbox as for an unknown one
        if stored.subject_id is not None:
            await lock_subject(tx, stored.subject_id)
        await tx.run(RENEW.format(table=table), stored.address_hash, hashes.newest)


HASHED = ("mail_request", "sign_up", "pending_address", "sign_in_attempt", "failed_sign_in")
"""What is known by the hash alone, in the order in which it is locked."""
FORGET = "DELETE FROM {table} WHERE address_hash = $1"


async def forget(tx: Transaction, address_hash: bytes) -> None:
    """Drop what is known of a mailbox that is nobody's any more."""
    for table in HASHED:
        await tx.run(FORGET.format(table=table), address_hash)


# Two columns of hashes that a job can renew by itself, as the address stands beside them.
OUTDATED = """
SELECT a.email FROM account a JOIN confirmed_address c USING (subject_id)
WHERE (octet_length(c.address_hash), get_byte(c.address_hash, 0)) <> ($1, $2)
UNION SELECT email FROM pending_address WHERE (octet_length(address_hash), get_byte(address_hash, 0)) <> ($1, $2)
"""
PAGE = f"SELECT email FROM ({OUTDATED}) o WHERE email > $3 ORDER BY email LIMIT $4"  # noqa: S608 constants


async def outdated(tx: Transaction, keyring: Keyring, after: str, limit: int) -> list[str]:
    """The next addresses, in order, that are known by a hash that the newest key did not make."""
    newest = newest_key_id(keyring)
    return [row["email"] for row in await tx.rows(PAGE, HASH_BYTES, newest, after, limit)]
