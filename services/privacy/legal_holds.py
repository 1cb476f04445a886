"""Placing, reviewing and releasing legal holds: stored and told in one transaction, for all ids of the person.

The transaction's purpose is `legal-duty`: a hold counts for what is retained of the erased, too.
"""

from datetime import date
from uuid import UUID, uuid4

from services.privacy import held_erasures
from services.privacy.erasure_orders.store import ONE_DISPATCHER
from services.privacy.holds import rules, store
from services.privacy.holds.store import Locked, Placing
from services.privacy.loops import DISPATCHER, HOLDS, TRACES
from shared.contracts import licensing, privacy
from shared.database import Transaction
from shared.law.retention import Claim, claim
from shared.personal_data.retention_run import RETENTION
from shared.problems import refuse

OF_DEBTS = ("D9",)
"""What proves a debt: the order, its terms, invoice and payments."""
ENDED = {"paid": "the debt is paid", "time-barred": "the claim is time-barred"}


async def place(tx: Transaction, request: privacy.PlaceHold, officer: UUID, today: date) -> UUID:
    """Raises Refused: 404, 410, 422 naming the field; 409 when the erasure would have had to wait and is under way."""
    rules.check_whom((request.person_id, request.case_id))
    rules.check_scope(request.scope, request.ground)
    rules.check_review(request.review_on, today)
    subject_id, ids = await _person(tx, request)
    if await store.is_ordered(tx, ids, ONE_DISPATCHER) and await store.would_wait(tx, request.scope):
        raise refuse(409, "the erasure is under way", field="scope", message="hold what outlives it")
    placing = _placing(request, subject_id, officer)
    await _keep(tx, placing, ids)
    return placing.hold_id


async def _person(tx: Transaction, request: privacy.PlaceHold) -> tuple[UUID, list[UUID]]:
    """Whom a hold is on, and all ids of the person, locked. Raises Refused: 404, 410."""
    field = "person_id" if request.person_id else "case_id"
    subject_id = request.person_id or (await store.person_of(tx, request.case_id) if request.case_id else None)
    everybody = await store.lock_person(tx, subject_id) if subject_id else []
    if not subject_id or not everybody:
        raise refuse(404, "nobody is known by this id", field=field, message="there is nobody to hold data of")
    rules.check_living(any(each.live for each in everybody), request.ground, field)
    return subject_id, [each.subject_id for each in everybody]


def _placing(request: privacy.PlaceHold, subject_id: UUID, officer: UUID) -> Placing:
    reason = rules.REASONS[request.ground]
    return Placing(
        hold_id=uuid4(),
        subject_id=subject_id,
        case_id=request.case_id,
        scope=tuple(dict.fromkeys(request.scope)),
        ground=request.ground,
        owner=request.responsible,
        review_on=request.review_on,
        provision=reason.provision,
        exemption=reason.exemption,
        actor=str(officer),
        reason=request.reason,
    )


async def take_over(tx: Transaction, event: licensing.ClaimHeld) -> None:
    """Keep the hold of a debt that licensing has placed in the erasure of who owes; finance reviews it."""
    placing = Placing(
        hold_id=event.hold_id,
        subject_id=event.subject_id,
        case_id=None,
        scope=OF_DEBTS,
        ground="claim against the person",
        owner="finance",
        review_on=event.review_on,
        provision=event.provision,
        exemption=rules.CLAIMS,
        actor="licensing",
        reason="an invoice is not paid",
    )
    await _keep(tx, placing, [event.subject_id])


async def _keep(tx: Transaction, placing: Placing, ids: list[UUID]) -> None:
    if await store.place(tx, placing):
        await _cover(tx, placing.hold_id, ids)


async def _cover(tx: Transaction, hold_id: UUID, ids: list[UUID]) -> None:
    for event in await store.cover(tx, hold_id, ids):
        tx.publish(event)
    tx.wake(HOLDS)


async def cover(tx: Transaction, subject_id: UUID) -> None:
    """Extend what is held of a person to ids that turned out to be theirs, too."""
    ids = [each.subject_id for each in await store.lock_person(tx, subject_id) if each.live]
    for hold_id in await store.open_of(tx, ids):
        await _cover(tx, hold_id, ids)


async def review(tx: Transaction, request: privacy.ReviewHold, officer: UUID, today: date) -> None:
    """Raises Refused: 404, 409, 422."""
    rules.check_review(request.review_on, today)
    hold = await _open(tx, request.hold_id)
    for event in await store.review(tx, hold.hold_id, request.review_on, str(officer), request.reason):
        tx.publish(event)


async def release(tx: Transaction, hold_id: UUID, actor: str, reason: str, today: date) -> None:
    """Raises Refused: 404, 409. What was due is done: erasures that waited, rows that were kept."""
    hold = await _open(tx, hold_id)
    kept = claim(today, Claim.CONSUMER)
    for event in await store.release(tx, hold.hold_id, kept, actor, reason):
        tx.publish(event)
    await held_erasures.untell(tx, hold_id)
    for loop in (TRACES, DISPATCHER, RETENTION):
        tx.wake(loop)


async def end_claim(tx: Transaction, event: licensing.ClaimEnded, today: date) -> None:
    """The debt is no more; an officer may have released its hold before."""
    hold = await store.lock(tx, event.hold_id)
    if hold and hold.is_open:
        await release(tx, event.hold_id, "licensing", ENDED[event.reason], today)


async def _open(tx: Transaction, hold_id: UUID) -> Locked:
    """A hold in force, locked. Raises Refused: 404, 409."""
    hold = await store.lock(tx, hold_id)
    if hold is None:
        raise refuse(404, "no such hold")
    if not hold.is_open:
        raise refuse(409, "the hold is released", field="state", message="place a new one")
    return hold
