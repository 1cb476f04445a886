"""The lock on the person, for handlers that open their own transaction or find the person themselves."""

from uuid import UUID

from shared.database import Transaction, enter
from shared.messaging.requests import refuse
from shared.purposes import Purpose


async def enter_living(tx: Transaction, route: str, subject_id: UUID) -> None:
    """Lock a person who was not erased. Raises Refused (410)."""
    if await enter(tx, None, route, subject_id) == "erased":
        raise refuse(410, "this person's data was erased")


async def enter_anybody(tx: Transaction, message_id: UUID | None, route: str, subject_id: UUID) -> str:
    """Lock a person; after an erasure go on as a legal duty. Answers duplicate, live or erased."""
    found = await enter(tx, message_id, route, subject_id)
    if found == "erased":
        await tx.declare(Purpose.LEGAL_DUTY)
    return found
