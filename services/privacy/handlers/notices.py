"""What officers do about the notice."""

from services.privacy import participants
from services.privacy.documents.notice.edition import Incomplete
from services.privacy.notices import approval
from services.privacy.notices.drafting import draft
from services.privacy.register.gaps import gaps
from services.privacy.register.model import Register
from shared.clock import today
from shared.contracts import privacy
from shared.contracts.actors import Actor
from shared.contracts.message import Created, Done
from shared.database import Transaction
from shared.messaging.router import ServiceRouter
from shared.problems import refuse
from shared.purposes import Purpose

router = ServiceRouter("privacy")


@router.request(privacy.ListNotices, purpose=Purpose.UPKEEP)
async def list_notices(request: privacy.ListNotices, tx: Transaction) -> privacy.Notices:
    return await approval.listed(tx, request.limit, today())


@router.request(privacy.ReadNoticeDraft, purpose=Purpose.UPKEEP)
async def read_draft(request: privacy.ReadNoticeDraft, tx: Transaction) -> privacy.NoticeDraft:
    return await approval.read(tx, request.notice_id, request.language, today())


@router.request(privacy.DraftNotice, purpose=Purpose.UPKEEP)
async def draft_now(_request: privacy.DraftNotice, tx: Transaction, actor: Actor, register: Register) -> Created:
    announced = await participants.announced(tx)
    maps = participants.maps(announced)
    if missing := gaps(register, maps, participants.recipients(announced)):
        raise refuse(409, "the register has gaps", message=missing[0])
    try:
        notice_id = await draft(tx, register, maps, today(), by=str(actor.id))
    except Incomplete as incomplete:
        raise refuse(409, "the notice is not complete", message=str(incomplete)) from None
    if notice_id is None:
        raise refuse(409, "the register says what is published", message="there is nothing to draft")
    return Created(id=notice_id)


@router.request(privacy.ApproveNotice, purpose=Purpose.UPKEEP)
async def approve(request: privacy.ApproveNotice, tx: Transaction, actor: Actor) -> Done:
    await approval.approve(tx, request.notice_id, request.digest, actor.id)
    return Done()


@router.request(privacy.PublishNotice, purpose=Purpose.UPKEEP)
async def publish(request: privacy.PublishNotice, tx: Transaction, actor: Actor, register: Register) -> Done:
    await approval.publish_from(tx, request, actor.id, register, today())
    return Done()


@router.request(privacy.WithdrawNotice, purpose=Purpose.RIGHTS)
async def withdraw(request: privacy.WithdrawNotice, tx: Transaction, actor: Actor) -> Done:
    await approval.withdraw(tx, request, actor.id, today())
    return Done()
