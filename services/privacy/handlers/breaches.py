"""What officers do about breaches: record, judge, report, tell, write to people."""

from services.privacy.breaches import people_store, rules, scope_store, store
from services.privacy.participants import announced, maps
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


@router.request(breaches.ScopeBreach, purpose=Purpose.RIGHTS)
async def scope_breach(request: breaches.ScopeBreach, tx: Transaction, actor: Actor) -> Created:
    await store.lock(tx, request.breach_id)
    rules.check_scope(request, maps(await announced(tx)))
    scope_id = await scope_store.begin(tx, request)
    said = {"scope_id": str(scope_id), "services": request.services, "categories": request.categories}
    await store.note(tx, request.breach_id, actor.id, "people to be counted", said)
    return Created(id=scope_id)


@router.request(breaches.NameScope, purpose=Purpose.RIGHTS)
async def name_scope(request: breaches.NameScope, tx: Transaction, actor: Actor) -> breaches.AffectedPeople:
    await store.lock(tx, request.breach_id)
    rules.check_counted(await scope_store.lock(tx, request.breach_id, request.scope_id), request.people)
    people = await scope_store.name(tx, request.breach_id, request.scope_id)
    said = {"scope_id": str(request.scope_id), **people.model_dump()}
    await store.note(tx, request.breach_id, actor.id, "counted people named", said)
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
    scopes = await scope_store.of_breaches(tx, [each.breach_id for each in found])
    return breaches.Breaches(breaches=tuple(rules.shown(each, now(), scopes.get(each.breach_id, ())) for each in found))
