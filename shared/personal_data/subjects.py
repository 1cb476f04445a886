"""The lock on a person, for those who find out only in the course of their transaction whom it is about."""

from uuid import UUID

from shared.database import Transaction
from shared.messaging.inbox import Standing, lock_subject
from shared.problems import refuse
from shared.purposes import Purpose

__all__ = ["Standing", "lock_erased_too", "lock_subject", "require_live"]


async def require_live(tx: Transaction, subject_id: UUID) -> None:
    """Lock a person who was not erased. Raises Refused (410)."""
    if await lock_subject(tx, subject_id) is Standing.ERASED:
        raise refuse(410, "this person's data was erased")


async def lock_erased_too(tx: Transaction, subject_id: UUID) -> Standing:
    """Lock a person; after an erasure the transaction goes on as a legal duty (GDPR Art. 17(3)(b))."""
    standing = await lock_subject(tx, subject_id)
    if standing is Standing.ERASED:
        await tx.declare(Purpose.LEGAL_DUTY)
    return standing
