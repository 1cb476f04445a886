"""What officers do about breaches: record, judge, report, tell, write to people."""

from services.privacy.breaches import people_store, rules, store
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


@router.request(breaches.NameAffected, purpose=Purpose.RIGHTS)
async def name_affected(request: breaches.NameAffected, tx: Transaction, actor: Actor) -> breaches.AffectedPeople:
    breach = await store.lock(tx, request.breach_id)
    people = await people_store.name(tx, breach.breach_id, request.subject_ids)
    await store.note(tx, breach.breach_id, actor.id, "people named", people.model_dump())
    return people


@router.request(breaches.WriteOfBreach, purpose=Purpose.RIGHTS)
async def write_of_breach(request: breaches.WriteOfBreach, tx: Transaction, actor: Actor) -> Done:
    rules.check_letters(await store.lock(tx, request.breach_id))
    await people_store.issue(tx, request)
    said = request.model_dump(mode="json", exclude={"breach_id"})
    await store.note(tx, request.breach_id, actor.id, "letters issued", said)
    return Done()


@router.request(breaches.ListBreaches, purpose=Purpose.RIGHTS)
async def list_breaches(request: breaches.ListBreaches, tx: Transaction) -> breaches.Breaches:
    found = await store.listed(tx, request.limit)
    return breaches.Breaches(breaches=tuple(rules.shown(each, now()) for each in found))
