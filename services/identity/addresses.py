"""The keyed hashes under which mailboxes are known, and how they follow a rotation of the keys.

A stored hash begins with the id of its key. Whoever looks a mailbox up asks for `current_hash` first, which
brings every row of that mailbox to the newest key: the three tables never disagree about it.
"""

from dataclasses import dataclass
from uuid import UUID

from services.identity import legacy_hashes
from shared.database import Transaction
from shared.mail.mailbox import one_spelling
from shared.personal_data.subjects import lock_subject
from shared.secrets import Keyring

USE = "address"
HASH_BYTES = 33  # the key's id and an HMAC-SHA-256


@dataclass(frozen=True)
class AddressHashes:
    """All hashes that may be stored of one mailbox: by every key, and the one from before key ids."""

    mailbox: str
    keyed: tuple[bytes, ...]
    legacy: bytes | None
    legacy_spelling: str

    @property
    def newest(self) -> bytes:
        return self.keyed[0]

    @property
    def older(self) -> tuple[bytes, ...]:
        return self.keyed[1:] if self.legacy is None else (*self.keyed[1:], self.legacy)

    def proved_by(self, address_hash: bytes, email: str | None) -> bool:
        """Whether a row with this hash is about this mailbox.

        The spelling before key ids made one of some mailboxes (`ß`, `ss`): such a hash is believed if the row's own
        address is this mailbox, or, in a row without one, if both spellings agree.
        """
        if address_hash in self.keyed:
            return True
        return one_spelling(self.legacy_spelling if email is None else email) == self.mailbox


def hashes_of(keyring: Keyring, email: str) -> AddressHashes:
    mailbox = one_spelling(email)
    legacy = legacy_hashes.address_hash(keyring.legacy, email) if keyring.legacy else None
    return AddressHashes(mailbox, tuple(keyring.macs(USE, mailbox.encode())), legacy, legacy_hashes.spelling(email))


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
    "sign_up": "SELECT address_hash, email FROM sign_up WHERE address_hash = ANY ($1)",
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
        if stored.subject_id is not None:
            await lock_subject(tx, stored.subject_id)
        if stored.address_hash != hashes.newest and hashes.proved_by(stored.address_hash, stored.email):
            await tx.run(RENEW.format(table=table), stored.address_hash, hashes.newest)


# Two columns of hashes that a job can renew by itself, as the address stands beside them.
OUTDATED = """
SELECT a.email FROM account a JOIN confirmed_address c USING (subject_id)
WHERE (octet_length(c.address_hash), get_byte(c.address_hash, 0)) <> ($1, $2)
UNION SELECT email FROM sign_up WHERE (octet_length(address_hash), get_byte(address_hash, 0)) <> ($1, $2)
"""
PAGE = f"SELECT email FROM ({OUTDATED}) o WHERE email > $3 ORDER BY email LIMIT $4"  # noqa: S608 constants


async def outdated(tx: Transaction, keyring: Keyring, after: str, limit: int) -> list[str]:
    """The next addresses, in order, that are known by a hash that the newest key did not make."""
    newest = keyring.mac(USE, b"")[0]
    return [row["email"] for row in await tx.rows(PAGE, HASH_BYTES, newest, after, limit)]
