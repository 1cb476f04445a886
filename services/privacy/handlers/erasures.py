"""Operators look at erasures, have one explained, and let one go on."""

from services.privacy.certificates.store import earlier_reports
from services.privacy.erasures import rules, store, story
from services.privacy.erasures.views import case_state, order_state
from services.privacy.loops import DISPATCHER, REMINDERS
from services.privacy.traces import store as traces
from shared.clock import now, today
from shared.contracts import privacy
from shared.contracts.message import Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.observability import log
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ListErasures, purpose=Purpose.ERASURE)
async def list_erasures(request: privacy.ListErasures, tx: Transaction) -> privacy.Erasures:
    late_on = today() if request.late else None
    cases = await store.cases(tx, request.state, late_on, request.waits_for, request.most + 1)
    orders = await store.orders(tx, [case.orders[-1] for case in cases[: request.most] if case.orders])
    return privacy.Erasures(
        cases=tuple(case_state(case, today()) for case in cases[: request.most]),
        orders=tuple(order_state(order) for order in orders),
        more=len(cases) > request.most,
    )


@router.request(privacy.ReadErasure, purpose=Purpose.ERASURE)
async def read_erasure(request: privacy.ReadErasure, tx: Transaction) -> privacy.Erasures:
    cases = await store.cases_of(tx, request.id)
    if not cases:
        raise refuse(404, "no such case or order")
    of_a_case = cases[0].case_id == request.id
    orders = await store.orders(tx, cases[0].orders if of_a_case else [request.id])
    return privacy.Erasures(
        cases=tuple(case_state(case, today()) for case in cases),
        orders=tuple(order_state(order) for order in orders),
    )


@router.request(privacy.ExplainErasure, purpose=Purpose.ERASURE)
async def explain_erasure(request: privacy.ExplainErasure, tx: Transaction) -> privacy.ErasureStory:
    case = await store.case(tx, request.case_id)
    if case is None:
        raise refuse(404, "no such case")
    orders = await store.orders(tx, case.orders)
    reports = await earlier_reports(tx, case.orders)
    releases, search = await store.releases(tx, case.case_id), await traces.of_case(tx, case.case_id)
    told = tuple(story.steps(case, orders, reports, releases, search))
    standing = story.standing(case, orders[-1] if orders else None, await store.in_flight(tx), now())
    return privacy.ErasureStory(case_id=case.case_id, steps=told, now=standing, orders=case.orders)


@router.request(privacy.ReleaseErasure, purpose=Purpose.ERASURE)
async def release_erasure(request: privacy.ReleaseErasure, tx: Transaction) -> Done:
    """Let a case go on at once. Cooling-off is its person's: nobody else ends it."""
    case = await store.lock(tx, request.case_id)
    if case is None:
        raise refuse(404, "no such case")
    if case.state not in rules.OPEN:
        raise refuse(409, f"the case has ended: it is {case.state}")
    if rules.may_be_withdrawn(case, now()):
        raise refuse(409, "the case waits for its person, who may still withdraw it")
    await store.try_now(tx, case, "operator")
    tx.wake(REMINDERS if case.state == "ordered" else DISPATCHER)
    log.info("case released by an operator", state=case.state)
    return Done()
