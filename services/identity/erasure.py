"""Erasure in identity: nothing stays, and what is not keyed to the person goes by the hash of the address."""

from collections.abc import Sequence

from services.identity.data_map import DATA_MAP
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.personal_data.erasure import Eraser

DROP_SIGN_UPS = """
DELETE FROM sign_up
WHERE address_hash IN (SELECT address_hash FROM confirmed_address WHERE subject_id = ANY ($1))
"""
DROP_ATTEMPTS = """
DELETE FROM sign_in_attempt
WHERE address_hash IN (SELECT address_hash FROM confirmed_address WHERE subject_id = ANY ($1))
"""


async def prepare_erasure(tx: Transaction, people: Sequence[OrderedSubject]) -> None:
    """Drop pending sign-ups and counted tries; by one hash, as `addresses` renews it in all tables at once."""
    ids = [person.subject_id for person in people]
    await tx.run(DROP_SIGN_UPS, ids)
    await tx.run(DROP_ATTEMPTS, ids)


ERASER = Eraser(DATA_MAP, prepare_erasure)
