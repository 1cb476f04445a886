"""Taking a request back: an erasure until it is ordered, a copy with all that was gathered for it."""

from uuid import UUID

from services.privacy.cases import store
from services.privacy.copies import store as copies
from services.privacy.loops import DISPATCHER, LETTERS
from shared.database import Transaction
from shared.problems import refuse


async def withdraw(
    tx: Transaction, *, token: str = "", member: UUID | None = None, case_id: UUID | None = None
) -> None:
    """By the case's token, or by its member. Raises Refused: 404 without such a case, 409 when it does not wait."""
    done = await store.withdraw(tx, token, member, case_id)
    if done.state is None:
        raise refuse(404, "no such case")
    if done.state != "withdrawn":
        raise refuse(409, "the case can't be withdrawn any more", message=f"it is {done.state}")
    if done.case_id:
        await copies.destroy(tx, [done.case_id])
    for loop in (LETTERS, DISPATCHER):
        tx.wake(loop)
