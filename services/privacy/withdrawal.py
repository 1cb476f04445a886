"""Taking a request back, as long as its machine lets it: an ordered erasure is too late, a restriction ends by it.

What was gathered for a copy is destroyed.
"""

from uuid import UUID

from services.privacy.blocks import rulings
from services.privacy.blocks.store import lock_ids
from services.privacy.cases import store
from services.privacy.copies import store as copies
from services.privacy.loops import DISPATCHER, LETTERS
from shared.database import Transaction
from shared.problems import refuse


async def withdraw(
    tx: Transaction, *, token: str = "", member: UUID | None = None, case_id: UUID | None = None
) -> None:
    """By the case's token, or by its member. Raises Refused: 404 without such a case, 409 when it is too late."""
    case = await store.wanted(tx, token, member, case_id)
    if case is None:
        raise refuse(404, "no such case")
    ids = await lock_ids(tx, case.subject_id)
    state = await store.withdraw(tx, case.case_id)
    if state != "withdrawn":
        raise refuse(409, "the case can't be withdrawn any more", message=f"it is {state}")
    await rulings.release(tx, case.case_id, ids)
    await copies.destroy(tx, [case.case_id])
    for loop in (LETTERS, DISPATCHER):
        tx.wake(loop)
