"""Requests that stop while their person is restricted."""

from uuid import UUID

from shared.contracts.restriction import REQUESTS
from shared.database import Transaction
from shared.messaging.router import RequestHandler
from shared.purposes import Purpose, restricted

OBEYS_THE_LIST = frozenset((Purpose.CONTRACT, Purpose.SECURITY))
IS_RESTRICTED = f"SELECT {restricted('$1')}"


def stops(handler: RequestHandler) -> bool:
    """Whether a restriction stops such requests; what row-level security decides about is not asked here."""
    return handler.purpose in OBEYS_THE_LIST and handler.contract.type not in REQUESTS


async def is_stopped(tx: Transaction, handler: RequestHandler, subject_id: UUID | None) -> bool:
    return subject_id is not None and stops(handler) and bool(await tx.value(IS_RESTRICTED, subject_id))
