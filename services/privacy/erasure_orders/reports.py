"""Applying what participants report, under a lock on the order, and closing what is complete."""

from services.privacy.cases.store import reopen_failed
from services.privacy.erasure import ERASER
from services.privacy.erasure_orders import rules, store
from services.privacy.erasure_orders.rules import Asked
from services.privacy.erasure_orders.store import ErasureOrder, Taken
from services.privacy.loops import DISPATCHER, LETTERS
from services.privacy.traces import store as traces
from shared.contracts import privacy
from shared.contracts.participants import ErasureReported
from shared.contracts.privacy import OrderedSubject
from shared.database import Transaction
from shared.messaging.faults import Rejected
from shared.observability import log
from shared.personal_data.erasure import Eraser, erase
from shared.personal_data.vacuum import VACUUM
from shared.tracing import note_about


async def apply(tx: Transaction, report: ErasureReported, body: str) -> None:
    """Store a participant's report; with the last one, close the order. Raises Rejected for a report that lies."""
    locked = await store.lock(tx, report.order_id, report.service)
    if locked is None:
        raise Rejected("report on an unknown order")
    order, asked = locked
    note_about(order)
    if not order.open or (taken := await _take(tx, order, asked, report, body)) is None:
        return
    if taken.others_wait:
        tx.wake(DISPATCHER)
    if taken.completes:
        await close(tx, order, ERASER)


async def _take(
    tx: Transaction, order: ErasureOrder, asked: Asked | None, report: ErasureReported, body: str
) -> Taken | None:
    """Keep a report that covers its tables and people, or have it asked for again; None when it is no news."""
    if asked is None:
        raise Rejected("report from a service that was not asked")
    if not rules.is_by_a_map_that_counts(asked, report):
        await store.ask_again(tx, report.order_id, report.service)
        log.info("report by another data map, asked again", participant=report.service)
        return None
    if not rules.names_everybody(order.subjects, report.subjects):
        rules.check_subjects(order.subjects, [report.subjects, *await store.other_parts(tx, report)])
    return await store.take_report(tx, order, report, body)


async def close_complete(tx: Transaction) -> bool:
    """Close an order whose last silent participant has left; answers whether there was one."""
    order = await store.lock_complete(tx)
    if order:
        await close(tx, order, ERASER)
    return order is not None


async def close(tx: Transaction, order: ErasureOrder, eraser: Eraser) -> None:
    """Purge privacy's own data last, close the cases without a failure, keep the others open.

    A case fails as a whole, for all ids of its person: elsewhere before this purge, or here in it.
    """
    failed = order.cases_of(await store.failed_subjects(tx, order.order_id))
    people = [
        OrderedSubject(subject_id=subject, case_id=case, terminate_contract=True)
        for subject, case in zip(order.subjects, order.cases, strict=True)
        if case not in failed
    ]
    if people:
        await erase(tx, eraser, order.order_id, people)
        failed |= order.cases_of(await store.add_own_report(tx, order.order_id))
    await store.close(tx, order.order_id)
    await reopen_failed(tx, failed)
    await traces.begin(tx, order.order_id, set(order.cases) - failed)
    _announce(tx, order, [person for person in people if person.case_id not in failed])


def _announce(tx: Transaction, order: ErasureOrder, erased: list[OrderedSubject]) -> None:
    if erased:
        subjects = tuple(person.subject_id for person in erased)
        tx.publish(privacy.ErasureFulfilled(order_id=order.order_id, subjects=subjects))
    for loop in (LETTERS, VACUUM):
        tx.wake(loop)
    log.info("order closed", people=len(erased))
