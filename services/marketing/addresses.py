"""The keyed hashes under which mailboxes are known, and how they follow a rotation of the keys.

A stored hash begins with the id of its key. Whoever looks a mailbox up asks for `current_hash` first, which
brings the rows of that mailbox to the newest key: an erasure finds sign-ups by the hash of the subscriber.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.marketing import legacy_hashes, seals
from shared.database import Transaction
from shared.mail.address_hashes import HASH_BYTES, AddressHashes, address_hashes, newest_key_id
from shared.personal_data.subjects import lock_subject
from shared.secrets import Keyring


def hashes_of(keyring: Keyring, email: str) -> AddressHashes:
    return address_hashes(keyring, email, legacy_hashes.spelling(email), legacy_hashes.address_hash)


SUBSCRIBERS = "SELECT subject_id, address_hash, email FROM subscriber WHERE address_hash = ANY ($1)"
RENEW_SUBSCRIBER = "UPDATE subscriber SET address_hash = $3 WHERE subject_id = $1 AND address_hash = $2"
SIGN_UPS = "SELECT signup_id, address_hash, sealed_address FROM signup WHERE address_hash = ANY ($1)"
LOCK_SIGN_UPS = f"{SIGN_UPS} ORDER BY signup_id FOR UPDATE"
RENEW_SIGN_UP = """
UPDATE signup SET address_hash = $3 WHERE signup_id = $1 AND address_hash = $2
  AND NOT EXISTS (SELECT FROM signup WHERE address_hash = $3)
"""
# Copied first: an entry from before key ids may stand for another mailbox as well, and has to go on doing so.
COPY_SUPPRESSION = """
INSERT INTO suppression (address_hash, reason, at)
SELECT $2, reason, at FROM suppression WHERE address_hash = ANY ($1) ORDER BY at LIMIT 1 ON CONFLICT DO NOTHING
"""
DROP_SUPPRESSION = "DELETE FROM suppression WHERE address_hash = ANY ($1)"


async def current_hash(tx: Transaction, keyring: Keyring, email: str) -> bytes:
    """The hash to look a mailbox up by, once what is stored under an older one has been renewed."""
    hashes = hashes_of(keyring, email)
    if hashes.older:
        # subscribers first: an erasure locks people before it touches rows of the other tables
        await _renew_subscribers(tx, hashes)
        await _renew_sign_ups(tx, keyring, hashes)
        await tx.run(COPY_SUPPRESSION, hashes.older, hashes.newest)
        await tx.run(DROP_SUPPRESSION, hashes.keyed[1:])
    return hashes.newest


@dataclass(frozen=True)
class HashedSubscriber:
    """A subscriber's hash; somebody who left has no address beside it."""

    subject_id: UUID
    address_hash: bytes
    email: str | None


async def _renew_subscribers(tx: Transaction, hashes: AddressHashes) -> None:
    for row in await tx.rows(SUBSCRIBERS, [hashes.newest, *hashes.older]):
        subscriber = HashedSubscriber(**row)
        await lock_subject(tx, subscriber.subject_id)
        older = subscriber.address_hash != hashes.newest
        if older and hashes.proved_by(subscriber.address_hash, subscriber.email):
            await tx.run(RENEW_SUBSCRIBER, subscriber.subject_id, subscriber.address_hash, hashes.newest)


@dataclass(frozen=True)
class HashedSignUp:
    """A sign-up's hash and its sealed address."""

    signup_id: UUID
    address_hash: bytes
    sealed_address: bytes


async def _renew_sign_ups(tx: Transaction, keyring: Keyring, hashes: AddressHashes) -> None:
    for row in await tx.rows(SIGN_UPS, hashes.older):
        sign_up = HashedSignUp(**row)
        if hashes.proved_by(sign_up.address_hash, seals.open_address(keyring, sign_up.sealed_address)):
            await tx.run(RENEW_SIGN_UP, sign_up.signup_id, sign_up.address_hash, hashes.newest)


async def lock_sign_ups(tx: Transaction, keyring: Keyring, mailboxes: Sequence[AddressHashes]) -> list[UUID]:
    """The sign-ups of some mailboxes that wait for their confirmation, under whichever key they are known."""
    known: defaultdict[bytes, list[AddressHashes]] = defaultdict(list)
    for mailbox in mailboxes:
        for address_hash in (mailbox.newest, *mailbox.older):
            known[address_hash].append(mailbox)
    sign_ups = [HashedSignUp(**row) for row in await tx.rows(LOCK_SIGN_UPS, list(known))]
    return [sign_up.signup_id for sign_up in sign_ups if _is_of_one(keyring, sign_up, known[sign_up.address_hash])]


def _is_of_one(keyring: Keyring, sign_up: HashedSignUp, mailboxes: Sequence[AddressHashes]) -> bool:
    email = seals.open_address(keyring, sign_up.sealed_address)
    return any(mailbox.proved_by(sign_up.address_hash, email) for mailbox in mailboxes)


OUTDATED_SUBSCRIBERS = """
SELECT subject_id, address_hash, email FROM subscriber
WHERE email IS NOT NULL AND (octet_length(address_hash), get_byte(address_hash, 0)) <> ($1, $2) AND subject_id > $3
ORDER BY subject_id LIMIT $4
"""
OUTDATED_SIGN_UPS = """
SELECT signup_id, address_hash, sealed_address FROM signup
WHERE (octet_length(address_hash), get_byte(address_hash, 0)) <> ($1, $2) AND signup_id > $3
ORDER BY signup_id LIMIT $4
"""


async def outdated_subscribers(tx: Transaction, keyring: Keyring, after: UUID, limit: int) -> dict[UUID, str]:
    """The next subscribers, by id, whose hash the newest key did not make, and their addresses."""
    rows = await tx.rows(OUTDATED_SUBSCRIBERS, HASH_BYTES, newest_key_id(keyring), after, limit)
    return {row["subject_id"]: row["email"] for row in rows}


async def outdated_sign_ups(tx: Transaction, keyring: Keyring, after: UUID, limit: int) -> dict[UUID, str]:
    """The next sign-ups, by id, whose hash the newest key did not make, and their addresses."""
    rows = await tx.rows(OUTDATED_SIGN_UPS, HASH_BYTES, newest_key_id(keyring), after, limit)
    return {row["signup_id"]: seals.open_address(keyring, row["sealed_address"]) for row in rows}
