"""Addresses never to be written to again, by keyed hash (GDPR Art. 21(3)); only a new double opt-in lifts an entry.

Under an older key an entry suppresses as before. So does one from before key ids for every mailbox that the
spelling of that time took for the same: of two mistakes, not to write is the harmless one.
"""

from services.marketing.addresses import hashes_of
from shared.database import Transaction
from shared.secrets import Keyring

CONTAINS = "SELECT true FROM suppression WHERE address_hash = ANY ($1) LIMIT 1"
HAND_ON = """
INSERT INTO suppression (address_hash, reason, at)
SELECT $2, reason, at FROM suppression WHERE address_hash = $1 ON CONFLICT DO NOTHING
"""
ASK = """
UPDATE suppression SET asked_at = now() WHERE address_hash = ANY ($1)
  AND (asked_at IS NULL OR asked_at < now() - make_interval(days => $2))
"""
ASKED_AGAIN_DAYS = 7
LIFT = "DELETE FROM suppression WHERE address_hash = ANY ($1)"


async def is_suppressed(tx: Transaction, keyring: Keyring, email: str) -> bool:
    hashes = hashes_of(keyring, email)
    return bool(await tx.value(CONTAINS, [hashes.newest, *hashes.older]))


async def may_ask(tx: Transaction, keyring: Keyring, email: str) -> bool:
    """Whether a link to confirm may be mailed: to who objected or left, once in ASKED_AGAIN_DAYS, whoever enters it."""
    hashes = hashes_of(keyring, email)
    every = [hashes.newest, *hashes.older]
    return bool(await tx.run(ASK, every, ASKED_AGAIN_DAYS)) or not await tx.value(CONTAINS, every)


async def lift(tx: Transaction, keyring: Keyring, email: str) -> None:
    """Lift the suppression of a mailbox, and of no other that was spelled alike before key ids."""
    hashes = hashes_of(keyring, email)
    if hashes.legacy and hashes.legacy_mailbox != hashes.mailbox:
        await tx.run(HAND_ON, hashes.legacy, hashes_of(keyring, hashes.legacy_mailbox).newest)
    await tx.run(LIFT, [hashes.newest, *hashes.older])
