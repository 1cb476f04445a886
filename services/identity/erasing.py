"""Erasure in identity: nothing is kept, and what is not keyed to the person goes by the address's hash."""

from collections.abc import Sequence

from services.identity.data_map import DATA_MAP
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.personal_data.erasure import Eraser

FORGET_SIGN_UPS = """
DELETE FROM sign_up
WHERE address_hash IN (SELECT address_hash FROM confirmed_address WHERE subject_id = ANY ($1))
"""
FORGET_TRIES = """
DELETE FROM sign_in_attempt
WHERE address_hash IN (SELECT address_hash FROM confirmed_address WHERE subject_id = ANY ($1))
"""


async def settle(tx: Transaction, people: Sequence[OrderedSubject]) -> None:
    """Drop pending sign-ups and counted tries of the people's addresses."""
    ids = [person.subject_id for person in people]
    await tx.run(FORGET_SIGN_UPS, ids)
    await tx.run(FORGET_TRIES, ids)


ERASER = Eraser(DATA_MAP, settle)
