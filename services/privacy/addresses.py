"""The keyed hash under which privacy knows a mailbox, and how it follows a rotation of the keys.

Whoever stores a mailbox or looks it up asks for `current_hash` first, which brings the rows of that mailbox to the
newest key: an erasure finds requests by the hash of the case.
"""

from shared.database import Transaction
from shared.mail.address_hashes import USE
from shared.mail.mailbox import one_spelling
from shared.secrets import Keyring

RENEW_CASES = "UPDATE privacy_case SET address_hash = $1 WHERE address_hash = ANY ($2)"
RENEW_REQUESTS = "UPDATE unconfirmed_request SET address_hash = $1 WHERE address_hash = ANY ($2)"


async def current_hash(tx: Transaction, keyring: Keyring, email: str) -> bytes:
    newest, *older = keyring.macs(USE, one_spelling(email).encode())
    if older:
        await tx.run(RENEW_CASES, newest, older)
        await tx.run(RENEW_REQUESTS, newest, older)
    return newest
