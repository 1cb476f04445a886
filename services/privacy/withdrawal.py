"""Taking a request back, as long as its machine lets it: an ordered erasure is too late, a restriction ends by it.

What was gathered for a copy is destroyed.
"""

from collections.abc import Sequence
from uuid import UUID

from services.privacy.blocks import rulings
from services.privacy.blocks.store import lock_ids
from services.privacy.cases import store
from services.privacy.cases.store import Wanted
from services.privacy.copies import store as copies
from services.privacy.loops import DISPATCHER, LETTERS, TRACES
from services.privacy.recipients import store as recipients
from shared.database import Transaction
from shared.problems import refuse


async def withdraw(
    tx: Transaction, *, token: str = "", member: UUID | None = None, case_id: UUID | None = None
) -> None:
    """By the case's token, or by its member. Raises Refused: 404 without such a case, 409 when it is too late."""
    case = await store.wanted(tx, token, member, case_id)
    if case is None:
        raise refuse(404, "no such case")
    state = await take_back(tx, case)
    if state != "withdrawn":
        raise refuse(409, "the case can't be withdrawn any more", message=f"it is {state}")


async def take_back(tx: Transaction, case: Wanted) -> str:
    """Take a case back if its machine lets it; answers the state it has now."""
    ids = await lock_ids(tx, case.subject_id)
    state = await store.withdraw(tx, case.case_id)
    if state == "withdrawn":
        await let_go(tx, case.case_id, ids)
        await recipients.lifted(tx, case.case_id)
    return state


async def let_go(tx: Transaction, case_id: UUID, ids: Sequence[UUID]) -> None:
    """What an ended case forbade is allowed again, what was gathered for it destroyed. The ids are locked."""
    await rulings.release(tx, case_id, ids)
    await copies.destroy(tx, [case_id])
    for loop in (LETTERS, TRACES, DISPATCHER):
        tx.wake(loop)
