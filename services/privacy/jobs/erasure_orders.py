"""The dispatcher: all cases that are ready go into one order, like a group commit.

At most three orders are in flight; whatever gathers meanwhile leaves together when one closes. One
waiting case goes at once.
"""

from collections.abc import Collection
from uuid import uuid4

from services.privacy.erasure_orders import store
from shared.contracts.privacy import ErasureOrdered, OrderedSubject
from shared.database import Database, Transaction
from shared.observability import log
from shared.purposes import Purpose

MAX_IN_FLIGHT = 3
MAX_CASES = 500


async def dispatch(database: Database, required: Collection[str]) -> bool:
    """Order what is ready; answers whether more may be waiting.

    Nothing is ordered while a required participant has not announced its data map.
    """
    async with database.transaction(Purpose.ERASURE) as tx:
        work = await store.work(tx)
        if not (work.is_ours and work.ready) or work.in_flight >= MAX_IN_FLIGHT:
            return False
        people = await _order(tx, required)
    return people > 0 and work.in_flight + 1 < MAX_IN_FLIGHT


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
    )
    await store.store(tx, order)
    tx.publish(order)
    log.info("order published", people=len(subjects))
    return len(subjects)
