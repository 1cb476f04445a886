"""What officers do about requests of authorities: record, decide, stay silent for longer, look them through."""

from services.privacy.authorities import rules, store
from shared.clock import now, today
from shared.contracts.actors import Actor
from shared.contracts.message import Created, Done
from shared.contracts.privacy import authorities
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(authorities.RecordAuthorityRequest, purpose=Purpose.LEGAL_DUTY)
async def record_request(request: authorities.RecordAuthorityRequest, tx: Transaction, actor: Actor) -> Created:
    rules.check_recorded(request, await store.known(tx, request.people), now())
    return Created(id=await store.record(tx, request, actor.id))


@router.request(authorities.DecideAuthorityRequest, purpose=Purpose.LEGAL_DUTY)
async def decide_request(request: authorities.DecideAuthorityRequest, tx: Transaction, actor: Actor) -> Done:
    rules.check_decision(await store.lock(tx, request.request_id), request, today())
    await store.decide(tx, request, actor.id)
    return Done()


@router.request(authorities.ProlongSilence, purpose=Purpose.LEGAL_DUTY)
async def prolong_silence(request: authorities.ProlongSilence, tx: Transaction, actor: Actor) -> Done:
    rules.check_prolonged(await store.lock(tx, request.request_id), request, today())
    await store.prolong(tx, request, actor.id)
    return Done()


@router.request(authorities.ListAuthorityRequests, purpose=Purpose.LEGAL_DUTY)
async def list_requests(request: authorities.ListAuthorityRequests, tx: Transaction) -> authorities.AuthorityRequests:
    found = await store.listed(tx, request.limit)
    return authorities.AuthorityRequests(requests=tuple(rules.shown(each) for each in found))
