"""The keyed hash under which privacy knows a mailbox, and how it follows a rotation of the keys.

Whoever stores a mailbox or looks it up asks for `current_hash` first, which brings the rows of that mailbox to the
newest key: they are compared by one hash.
"""

from shared.database import Transaction
from shared.mail.address_hashes import USE
from shared.mail.mailbox import one_spelling
from shared.secrets import Keyring

RENEW_REQUESTS = "UPDATE unconfirmed_request SET address_hash = $1 WHERE address_hash = ANY ($2)"


async def current_hash(tx: Transaction, keyring: Keyring, email: str) -> bytes:
    newest, *older = keyring.macs(USE, one_spelling(email).encode())
    if older:
        await tx.run(RENEW_REQUESTS, newest, older)
    return newest
