"""The keyed hash under which privacy knows a mailbox, and how it follows a rotation of the keys.

Requests that somebody made for a mailbox are brought to the newest key with the next one. Its case is touched only
when the address is proved: whether there is one must not show in what happens to whoever asks.
"""

from dataclasses import dataclass

from shared.database import Transaction
from shared.mail.address_hashes import USE
from shared.mail.mailbox import one_spelling
from shared.secrets import Keyring

RENEW_CASES = "UPDATE privacy_case SET address_hash = $1 WHERE address_hash = ANY ($2)"
RENEW_REQUESTS = """
UPDATE unconfirmed_request SET address_hash = $1, older_hashes = $2 WHERE address_hash = ANY ($2)
"""


@dataclass(frozen=True)
class Mailbox:
    """A mailbox by every key that is read."""

    newest: bytes
    older: tuple[bytes, ...]


def mailbox(keyring: Keyring, email: str) -> Mailbox:
    newest, *older = keyring.macs(USE, one_spelling(email).encode())
    return Mailbox(newest, tuple(older))


async def renew_requests(tx: Transaction, asked_for: Mailbox) -> None:
    if asked_for.older:
        await tx.run(RENEW_REQUESTS, asked_for.newest, list(asked_for.older))


async def proved_hash(tx: Transaction, keyring: Keyring, email: str) -> bytes:
    """The hash of a mailbox whose owner was proved, once all that is stored of it has been renewed."""
    owned = mailbox(keyring, email)
    if owned.older:
        await tx.run(RENEW_CASES, owned.newest, list(owned.older))
    await renew_requests(tx, owned)
    return owned.newest
