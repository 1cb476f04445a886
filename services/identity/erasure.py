"""Erasure in identity: nothing stays, and what is not keyed to the person goes by the hash of the address."""

from collections.abc import Sequence

from services.identity.addresses import HASHED
from services.identity.data_map import DATA_MAP
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.personal_data.erasure import Eraser

# The mailbox of a change that was not confirmed is not the person's: it is known by the change alone.
DROP_UNCONFIRMED = """
DELETE FROM {table} WHERE address_hash IN (SELECT address_hash FROM email_change WHERE subject_id = ANY ($1))
"""
DROP = """
DELETE FROM {table}
WHERE address_hash IN (SELECT address_hash FROM confirmed_address WHERE subject_id = ANY ($1))
"""


async def prepare_erasure(tx: Transaction, people: Sequence[OrderedSubject]) -> None:
    """Drop sign-ups, requests and tries; by one hash, as `addresses` renews it in all tables at once."""
    ids = [person.subject_id for person in people]
    for table in HASHED:
        await tx.run(DROP.format(table=table), ids)
    for table in ("mail_request", "pending_address"):
        await tx.run(DROP_UNCONFIRMED.format(table=table), ids)


ERASER = Eraser(DATA_MAP, prepare_erasure)
