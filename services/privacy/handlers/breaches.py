"""What officers do about breaches: record, judge, report, tell."""

from services.privacy.breaches import rules, store
from shared.clock import now
from shared.contracts.actors import Actor
from shared.contracts.message import Created, Done
from shared.contracts.privacy import breaches
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(breaches.RecordBreach, purpose=Purpose.RIGHTS)
async def record_breach(request: breaches.RecordBreach, tx: Transaction, actor: Actor) -> Created:
    rules.check_moment("aware_at", request.aware_at, now())
    return Created(id=await store.record(tx, request, actor.id))


@router.request(breaches.JudgeBreach, purpose=Purpose.RIGHTS)
async def judge_breach(request: breaches.JudgeBreach, tx: Transaction, actor: Actor) -> Done:
    rules.check_judgment(await store.lock(tx, request.breach_id), request.risk)
    await store.judge(tx, request, actor.id)
    return Done()


@router.request(breaches.ReportBreach, purpose=Purpose.RIGHTS)
async def report_breach(request: breaches.ReportBreach, tx: Transaction, actor: Actor) -> Done:
    rules.check_report(await store.lock(tx, request.breach_id), request, now())
    await store.report(tx, request, actor.id)
    return Done()


@router.request(breaches.TellOfBreach, purpose=Purpose.RIGHTS)
async def tell_of_breach(request: breaches.TellOfBreach, tx: Transaction, actor: Actor) -> Done:
    rules.check_telling(await store.lock(tx, request.breach_id), request)
    await store.tell(tx, request, actor.id)
    return Done()


@router.request(breaches.ListBreaches, purpose=Purpose.RIGHTS)
async def list_breaches(request: breaches.ListBreaches, tx: Transaction) -> breaches.Breaches:
    found = await store.listed(tx, request.limit)
    return breaches.Breaches(breaches=tuple(rules.shown(each, now()) for each in found))
