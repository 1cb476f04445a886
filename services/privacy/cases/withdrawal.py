"""Taking a waiting request back; once it is ordered it is too late."""

from uuid import UUID

from services.privacy.cases import store
from services.privacy.loops import LETTERS
from shared.database import Transaction
from shared.problems import refuse


async def withdraw(
    tx: Transaction, *, token: str = "", member: UUID | None = None, case_id: UUID | None = None
) -> None:
    """By the case's token, or by its member. Raises Refused: 404 without such a case, 409 when it does not wait."""
    state = await store.withdraw(tx, token, member, case_id)
    if state is None:
        raise refuse(404, "no such case")
    if state != "withdrawn":
        raise refuse(409, "the case can't be withdrawn any more", message=f"it is {state}")
    tx.wake(LETTERS)
