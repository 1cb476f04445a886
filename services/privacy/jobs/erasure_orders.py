"""The dispatcher: all cases that are ready go into one order, like a group commit.

An order leaves while any participant has answered all but a few. The fastest sets the pace, and whoever is slow, or
away for hours, finds its orders in its queue and holds up nobody: they are bounded by the cases, 500 to an order.
While nobody answers, what is ready gathers and leaves together. One waiting case goes at once.
"""

from collections.abc import Collection
from uuid import uuid4

from services.privacy.erasure_orders import reports, store
from services.privacy.holds.store import of_people
from shared.contracts.privacy import ErasureOrdered, OrderedSubject
from shared.database import Database, Transaction
from shared.observability import log
from shared.purposes import Purpose
from shared.tracing import note_about

MAX_UNANSWERED = 3
MAX_CASES = 500


async def dispatch(database: Database, required: Collection[str]) -> bool:
    """Order what is ready; answers whether more may be waiting.

    Nothing is ordered while a required participant has not announced its data map.
    """
    async with database.transaction(Purpose.ERASURE) as tx:
        work = await store.work(tx, MAX_UNANSWERED)
        if not (work.is_ours and work.ready and work.free):
            return False
        return await _order(tx, required) >= MAX_CASES


async def close_complete(database: Database) -> bool:
    """Close one order after another that waits for nobody since a participant left."""
    async with database.transaction(Purpose.ERASURE) as tx:
        return await reports.close_complete(tx)


async def _order(tx: Transaction, required: Collection[str]) -> int:
    """Pick the cases, record the order, announce it; answers how many ids it names."""
    participants = await store.participants(tx)
    if missing := sorted(set(required) - {participant.service for participant in participants}):
        log.warning("nothing is ordered without", participant=",".join(missing))
        return 0
    subjects = await store.pick(tx, MAX_CASES)
    if not subjects:
        return 0
    order = ErasureOrdered(
        order_id=uuid4(),
        participants=participants,
        subjects=tuple(
            OrderedSubject(subject_id=s.subject_id, case_id=s.case_id, terminate_contract=s.terminate_contract)
            for s in subjects
        ),
        holds=await of_people(tx, [s.subject_id for s in subjects]),
    )
    note_about(order)
    await store.store(tx, order)
    tx.publish(order)
    log.info("order published", people=len(subjects))
    return len(subjects)
